// The filter on system calls, read instruction by instruction as the kernel does, for machines that are not this one too.
import assert from 'node:assert/strict'
import { endianness } from 'node:os'
import { test } from 'node:test'
import { callFilter } from '../../src/linux/seccomp.ts'

const [LOAD_WORD, JUMP_EQUAL, RETURN] = [0x20, 0x15, 0x06]
const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97]
const [TIOCSTI, TIOCGWINSZ, AF_UNIX, AF_VSOCK, AF_QIPCRTR] = [0x5412, 0x5413, 1, 40, 42]
const [X86_64, X32_BIT, I386, AARCH64, ARM] = [0xc000003e, 0x40000000, 0x40000003, 0xc00000b7, 0x40000028]

interface Call {
  readonly arch: number
  readonly number: number
  readonly words?: readonly number[]
}

/** struct seccomp_data in words of 32 bits: number, architecture, the instruction's address, six arguments of two words each. */
function wordsOf({ arch, number, words = [] }: Call): readonly number[] {
  const pairs = Array.from({ length: 6 }, (_, index) => (endianness() === 'LE' ? [words[index] ?? 0, 0] : [0, words[index] ?? 0]))
  return [number, arch, 0, 0, ...pairs.flat()]
}

/** What comes of the call: the kernel's own rules for these three instructions (Documentation/networking/filter.rst). */
function judge(program: Uint8Array, call: Call): string {
  const view = new DataView(program.buffer, program.byteOffset)
  const isLittle = endianness() === 'LE'
  const loaded = wordsOf(call)
  let word = 0
  for (let at = 0; ; at += 8) {
    const [code, value] = [view.getUint16(at, isLittle), view.getUint32(at + 4, isLittle)]
    if (code === LOAD_WORD) word = loaded[value / 4]!
    else if (code === JUMP_EQUAL) at += 8 * view.getUint8(word === value ? at + 2 : at + 3)
    else if (code === RETURN) return value === ALLOW ? 'allowed' : `error ${value - ERRNO}`
    else assert.fail(`instruction ${code}`)
  }
}

const CALLS: readonly [machine: NodeJS.Architecture, call: Call, outcome: string][] = [
  ['x64', { arch: X86_64, number: 16, words: [0, TIOCSTI] }, `error ${EPERM}`],
  ['x64', { arch: X86_64, number: 16, words: [0, TIOCGWINSZ] }, 'allowed'],
  ['x64', { arch: X86_64, number: X32_BIT + 514, words: [0, TIOCSTI] }, `error ${EPERM}`],
  ['x64', { arch: I386, number: 54, words: [0, TIOCSTI] }, `error ${EPERM}`],
  ['x64', { arch: X86_64, number: 41, words: [AF_VSOCK] }, `error ${EAFNOSUPPORT}`],
  ['x64', { arch: X86_64, number: 41, words: [AF_QIPCRTR] }, `error ${EAFNOSUPPORT}`],
  ['x64', { arch: X86_64, number: 41, words: [AF_UNIX] }, 'allowed'],
  ['x64', { arch: X86_64, number: X32_BIT + 41, words: [AF_VSOCK] }, `error ${EAFNOSUPPORT}`],
  ['x64', { arch: I386, number: 359, words: [AF_VSOCK] }, `error ${EAFNOSUPPORT}`],
  ['x64', { arch: I386, number: 102 }, `error ${ENOSYS}`],
  ['x64', { arch: X86_64, number: 102 }, 'allowed'], // getuid
  ['x64', { arch: X86_64, number: 425 }, `error ${ENOSYS}`],
  ['x64', { arch: X86_64, number: X32_BIT + 425 }, `error ${ENOSYS}`],
  ['x64', { arch: I386, number: 425 }, `error ${ENOSYS}`],
  ['x64', { arch: X86_64, number: 250 }, `error ${ENOSYS}`],
  ['x64', { arch: X86_64, number: X32_BIT + 248 }, `error ${ENOSYS}`],
  ['x64', { arch: I386, number: 288 }, `error ${ENOSYS}`],
  ['x64', { arch: X86_64, number: 219 }, 'allowed'], // restart_syscall
  ['x64', { arch: X86_64, number: 0 }, 'allowed'],
  ['arm64', { arch: AARCH64, number: 198, words: [AF_VSOCK] }, `error ${EAFNOSUPPORT}`],
  ['arm64', { arch: AARCH64, number: 198, words: [AF_QIPCRTR] }, `error ${EAFNOSUPPORT}`],
  ['arm64', { arch: AARCH64, number: 29, words: [0, TIOCSTI] }, `error ${EPERM}`],
  ['arm64', { arch: AARCH64, number: 425 }, `error ${ENOSYS}`],
  ['arm64', { arch: ARM, number: 281, words: [AF_VSOCK] }, `error ${EAFNOSUPPORT}`],
  ['arm64', { arch: ARM, number: 425 }, `error ${ENOSYS}`],
  ['arm64', { arch: AARCH64, number: 219 }, `error ${ENOSYS}`],
  ['arm64', { arch: ARM, number: 311 }, `error ${ENOSYS}`],
  ['arm64', { arch: AARCH64, number: 102 }, 'allowed'],
]

test('of every way to make a call that a machine has, the foreign doors are shut and all else is open', () => {
  for (const [machine, call, outcome] of CALLS) assert.equal(judge(callFilter(machine), call), outcome, JSON.stringify([machine, call]))
})
