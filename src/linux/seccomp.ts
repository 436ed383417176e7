// A filter on system calls (seccomp(2)), for doors that no namespace closes. Inherited by all that this thread starts from then on.
import { endianness } from 'node:os'
import { check, libc, pointerTo } from './libc.ts'

const PR_SET_SECCOMP = 22
const SECCOMP_MODE_FILTER = 2
const RET = { allow: 0x7fff0000, errno: 0x00050000 } as const
const EPERM = 1
const EAFNOSUPPORT = 97
const ENOSYS = 38

/** Pushes characters into the terminal, for whoever reads it afterwards: ioctl_tty(2). */
const TIOCSTI = 0x5412
/** Pastes the selection of a virtual console. */
const TIOCLINUX = 0x541c
/** Sockets that belong to no network namespace: to the host of a virtual machine (vsock(7)), and to modems and other processors (net/qrtr/af_qrtr.c). */
const FOREIGN_FAMILIES = { AF_VSOCK: 40, AF_QIPCRTR: 42 } as const

interface Calls {
  /** AUDIT_ARCH_* of include/uapi/linux/audit.h */
  readonly arch: number
  readonly ioctl: number
  readonly socket: number
  /** Refused whatever their arguments. */
  readonly refused: readonly number[]
}

/** Makes sockets past any filter. The same number everywhere, but for x32; programs do without it. */
const IO_URING_SETUP = 425
/** add_key, request_key, keyctl: keys of the caller's session and user belong to no namespace, and outlast the command (keyrings(7)). */
const KEYS = { x64: [248, 249, 250], i386: [286, 287, 288], arm: [309, 310, 311], generic: [217, 218, 219] } as const
/** __X32_SYSCALL_BIT of arch/x86/include/uapi/asm/unistd.h */
const X32 = 0x40000000

/** include/uapi/linux/audit.h, and the tables of system calls. */
const MACHINES: Readonly<Partial<Record<NodeJS.Architecture, readonly Calls[]>>> = {
  x64: [
    { arch: 0xc000003e, ioctl: 16, socket: 41, refused: [...KEYS.x64, IO_URING_SETUP] },
    { arch: 0xc000003e, ioctl: X32 + 514, socket: X32 + 41, refused: [...KEYS.x64, IO_URING_SETUP].map((number) => X32 + number) },
    { arch: 0x40000003, ioctl: 54, socket: 359, refused: [...KEYS.i386, IO_URING_SETUP] }, // i386
  ],
  arm64: [
    { arch: 0xc00000b7, ioctl: 29, socket: 198, refused: [...KEYS.generic, IO_URING_SETUP] },
    { arch: 0x40000028, ioctl: 54, socket: 281, refused: [...KEYS.arm, IO_URING_SETUP] }, // arm
  ],
  riscv64: [{ arch: 0xc00000f3, ioctl: 29, socket: 198, refused: [...KEYS.generic, IO_URING_SETUP] }],
}
/** i386 alone: carries the arguments of `socket` in memory, where no filter sees them. Programs of this century do not need it. */
const SOCKETCALL = { arch: 0x40000003, number: 102 } as const

/** struct seccomp_data: the call's number, the architecture, the instruction, six arguments of 64 bits. */
const OFFSET = { number: 0, arch: 4, arguments: 16 } as const
const LOAD = 0x20 // BPF_LD | BPF_W | BPF_ABS
const EQUAL = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
const RETURN = 0x06 // BPF_RET | BPF_K
const INSTRUCTION_OCTETS = 8

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]

/** Whether this machine's calls are known here. */
export const canFilterCalls = MACHINES[process.arch] !== undefined

/**
 * From now on this thread, and what it starts, cannot push characters into its terminal, reach the host of the virtual machine by
 * vsock, nor its modem by qrtr, or use io_uring or keyrings. Needs no privilege, but that nothing gains any: call `setNoNewPrivileges` before.
 */
export function refuseForeignDoors(): void {
  const program = callFilter(process.arch)
  const description = new BigUint64Array([0n, pointerTo(program)]) // struct sock_fprog: u16 length, padding, pointer
  new Uint16Array(description.buffer)[0] = program.length / INSTRUCTION_OCTETS
  check('prctl', () => libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, pointerTo(new Uint8Array(description.buffer)), 0, 0))
}

/** The filter's instructions, as the kernel of such a machine reads them (struct sock_filter). */
export function callFilter(machine: NodeJS.Architecture): Uint8Array {
  return encode(filterFor(MACHINES[machine] ?? []))
}

function filterFor(machines: readonly Calls[]): readonly Instruction[] {
  return [
    ...machines.flatMap(({ arch, ioctl, socket }) => [
      ...refuse(arch, ioctl, 1, TIOCSTI, EPERM),
      ...refuse(arch, ioctl, 1, TIOCLINUX, EPERM),
      ...Object.values(FOREIGN_FAMILIES).flatMap((family) => refuse(arch, socket, 0, family, EAFNOSUPPORT)),
    ]),
    ...machines.flatMap(({ arch, refused }) => refused.flatMap((number) => refuseCall(arch, number))),
    ...(machines.some(({ arch }) => arch === SOCKETCALL.arch) ? refuseCall(SOCKETCALL.arch, SOCKETCALL.number) : []),
    [RETURN, 0, 0, RET.allow],
  ]
}

/** The call with that argument; the kernel takes its lower 32 bits. */
function refuse(arch: number, number: number, argument: number, value: number, errno: number): readonly Instruction[] {
  const offset = OFFSET.arguments + argument * 8 + (endianness() === 'LE' ? 0 : 4)
  return [
    [LOAD, 0, 0, OFFSET.arch],
    [EQUAL, 0, 5, arch],
    [LOAD, 0, 0, OFFSET.number],
    [EQUAL, 0, 3, number],
    [LOAD, 0, 0, offset],
    [EQUAL, 0, 1, value],
    [RETURN, 0, 0, RET.errno | errno],
  ]
}

function refuseCall(arch: number, number: number): readonly Instruction[] {
  return [
    [LOAD, 0, 0, OFFSET.arch],
    [EQUAL, 0, 3, arch],
    [LOAD, 0, 0, OFFSET.number],
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, RET.errno | ENOSYS],
  ]
}

/** struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 value, in the machine's order. */
function encode(instructions: readonly Instruction[]): Uint8Array {
  const octets = new Uint8Array(instructions.length * INSTRUCTION_OCTETS)
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    const at = index * INSTRUCTION_OCTETS
    octets.set(new Uint8Array(Uint16Array.of(code).buffer), at)
    octets.set([ifTrue, ifFalse], at + 2)
    octets.set(new Uint8Array(Uint32Array.of(value).buffer), at + 4)
  }
  return octets
}
