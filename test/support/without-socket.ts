// Answers a system call as another kernel would: a seccomp filter, which children inherit, and then the command in this process's place.
import koffi from 'koffi'

const PR_SET_NO_NEW_PRIVS = 38
const PR_SET_SECCOMP = 22
const SECCOMP_MODE_FILTER = 2
const SECCOMP_RET_ALLOW = 0x7fff0000
const SECCOMP_RET_ERRNO = 0x00050000
const SOCKET_CALL: Readonly<Record<string, number>> = { x64: 41, arm64: 198 }
// struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6] (include/uapi/linux/seccomp.h), little-endian.
const NUMBER = 0
const DOMAIN = 16
const PROTOCOL = 32
// include/uapi/linux/bpf_common.h
const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const RETURN = 0x06

/** Runs the words of the command line, for which socket(2) of that domain, and of that protocol unless it is left out, fails with the error. */
export function runWithoutSocket({ domain, protocol }: { readonly domain: number; readonly protocol?: number }, errno: number): void {
  const conditions: readonly (readonly [offset: number, value: number])[] = [
    [NUMBER, SOCKET_CALL[process.arch]!],
    [DOMAIN, domain],
    ...(protocol === undefined ? [] : [[PROTOCOL, protocol] as const]),
  ]
  const program = Buffer.concat([
    ...conditions.flatMap(([offset, value], index) => [
      instruction(LOAD_WORD, offset),
      instruction(JUMP_EQUAL, value, 2 * (conditions.length - index) - 1),
    ]),
    instruction(RETURN, SECCOMP_RET_ERRNO | errno),
    instruction(RETURN, SECCOMP_RET_ALLOW),
  ])
  install(program)
  const [file, ...words] = process.argv.slice(2)
  process.execve!(file!, [file!, ...words])
}

/** struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 operand. */
function instruction(code: number, operand: number, onFalse = 0): Buffer {
  const octets = Buffer.alloc(8)
  octets.writeUInt16LE(code, 0)
  octets.writeUInt8(onFalse, 3)
  octets.writeUInt32LE(operand, 4)
  return octets
}

function install(program: Buffer): void {
  const description = new BigUint64Array([BigInt(program.length / 8), koffi.address(program)]) // struct sock_fprog
  const prctl = koffi.load(null).func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)')
  const filter = koffi.address(new Uint8Array(description.buffer))
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0) !== 0) {
    throw new Error(`no seccomp filter: errno ${koffi.errno()}`)
  }
}
