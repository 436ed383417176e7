// Socket filters in classic BPF: include/uapi/linux/filter.h, bpf_common.h. Words are loaded in network order.

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
export const SOCK_FILTER_OCTETS = 8
const NLMSG_PID_OFFSET = 12
/** After nlmsghdr and nfgenmsg. */
const ATTRIBUTES_OFFSET = 20
const ATTRIBUTE_HEADER_OCTETS = 4
/** SKF_AD_OFF + SKF_AD_NLATTR: the offset of the attribute of type X from the offset A on, 0 if there is none. */
const FIND_ATTRIBUTE = 0xffff_f00c
const BPF = {
  LOAD_WORD: 0x20, // BPF_LD | BPF_W | BPF_ABS
  LOAD_WORD_AT_X: 0x40, // BPF_LD | BPF_W | BPF_IND
  LOAD_NUMBER: 0x00, // BPF_LD | BPF_IMM
  LOAD_NUMBER_TO_X: 0x01, // BPF_LDX | BPF_IMM
  COPY_TO_X: 0x07, // BPF_MISC | BPF_TAX
  AND: 0x54, // BPF_ALU | BPF_AND | BPF_K
  JUMP_EQUAL: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  RETURN: 0x06, // BPF_RET | BPF_K
} as const
const DROP = [BPF.RETURN, 0, 0, 0] as const
const KEEP = [BPF.RETURN, 0, 0, 0xffffffff] as const

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

/** A program that drops datagrams whose nlmsg_pid is that port's. The field is in host order. */
export function ignoringProgram(portId: number): Uint8Array {
  const octets = new DataView(new Uint32Array([portId]).buffer)
  return assemble([[BPF.LOAD_WORD, 0, 0, NLMSG_PID_OFFSET], [BPF.JUMP_EQUAL, 0, 1, octets.getUint32(0, false)], DROP, KEEP])
}

/** A program that drops netfilter's datagrams but for those where the attribute of that type, a word in network order, has all bits of `mask`. */
export function keepingProgram(attribute: number, mask: number): Uint8Array {
  return assemble([
    [BPF.LOAD_NUMBER, 0, 0, ATTRIBUTES_OFFSET],
    [BPF.LOAD_NUMBER_TO_X, 0, 0, attribute],
    [BPF.LOAD_WORD, 0, 0, FIND_ATTRIBUTE],
    [BPF.JUMP_EQUAL, 4, 0, 0],
    [BPF.COPY_TO_X, 0, 0, 0],
    [BPF.LOAD_WORD_AT_X, 0, 0, ATTRIBUTE_HEADER_OCTETS],
    [BPF.AND, 0, 0, mask],
    [BPF.JUMP_EQUAL, 1, 0, mask],
    DROP,
    KEEP,
  ])
}

function assemble(instructions: readonly Instruction[]): Uint8Array {
  const program = new Uint8Array(instructions.length * SOCK_FILTER_OCTETS)
  instructions.forEach(([code, ifTrue, ifFalse, operand], i) => {
    const at = i * SOCK_FILTER_OCTETS
    new Uint16Array(program.buffer, at, 1)[0] = code
    program.set([ifTrue, ifFalse], at + 2)
    new Uint32Array(program.buffer, at + 4, 1)[0] = operand
  })
  return program
}
