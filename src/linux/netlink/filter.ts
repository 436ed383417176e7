// Socket filters in classic BPF: include/uapi/linux/filter.h, bpf_common.h.

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
export const SOCK_FILTER_OCTETS = 8
const NLMSG_PID_OFFSET = 12
const BPF_LOAD_WORD = 0x20 // BPF_LD | BPF_W | BPF_ABS
const BPF_JUMP_EQUAL = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
const BPF_RETURN = 0x06 // BPF_RET | BPF_K

/**
 * A program that drops datagrams whose nlmsg_pid is that port's.
 * BPF loads words in network order; the field is in host order.
 */
export function ignoringProgram(portId: number): Uint8Array {
  const octets = new DataView(new Uint32Array([portId]).buffer)
  const instructions = [
    [BPF_LOAD_WORD, 0, 0, NLMSG_PID_OFFSET],
    [BPF_JUMP_EQUAL, 0, 1, octets.getUint32(0, false)],
    [BPF_RETURN, 0, 0, 0],
    [BPF_RETURN, 0, 0, 0xffffffff],
  ] as const
  const program = new Uint8Array(instructions.length * SOCK_FILTER_OCTETS)
  instructions.forEach(([code, ifTrue, ifFalse, operand], i) => {
    const at = i * SOCK_FILTER_OCTETS
    new Uint16Array(program.buffer, at, 1)[0] = code
    program.set([ifTrue, ifFalse], at + 2)
    new Uint32Array(program.buffer, at + 4, 1)[0] = operand
  })
  return program
}
