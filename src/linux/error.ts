// What the kernel says no with. Callers decide on `code`, never on text.
import { constants } from 'node:os'

const CODES: ReadonlyMap<number, string> = new Map(Object.entries(constants.errno).map(([code, errno]) => [errno, code]))

/** Codes of include/uapi/asm-generic/errno*.h that Node has no name for, or two. */
const OTHER_CODES: ReadonlyMap<number, string> = new Map([
  [11, 'EAGAIN'],
  [95, 'EOPNOTSUPP'],
  [524, 'ENOTSUPP'],
])

/** 'ENOENT' for 2. */
export function codeOf(errno: number): string {
  return OTHER_CODES.get(errno) ?? CODES.get(errno) ?? `errno ${errno}`
}

/** A system call failed. */
export class SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly call: string

  constructor(call: string, errno: number) {
    super(`${call}: ${codeOf(errno)}`)
    this.name = 'SystemError'
    this.code = codeOf(errno)
    this.errno = errno
    this.call = call
  }
}

/** The kernel refused a netlink message. `index` counts the messages of the transaction from 0; -1 is the transaction as a whole. */
export class NetlinkError extends Error {
  readonly code: string
  readonly errno: number
  readonly index: number

  constructor(doing: string, errno: number, index = -1) {
    super(`${doing}: ${codeOf(errno)}${index < 0 ? '' : ` (message ${index})`}`)
    this.name = 'NetlinkError'
    this.code = codeOf(errno)
    this.errno = errno
    this.index = index
  }
}
