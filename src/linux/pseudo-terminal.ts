// Pseudo-terminals: pty(7), ioctl_tty(2).
import { constants, openSync } from 'node:fs'
import { check, libc, pointerTo } from './libc.ts'

/** include/uapi/asm-generic/ioctls.h */
const TIOCGWINSZ = 0x5413
const TIOCSWINSZ = 0x5414
const TIOCSPTLCK = 0x40045431
const TIOCGPTPEER = 0x5441

const { O_RDWR, O_NOCTTY } = constants

export interface WindowSize {
  readonly rows: number
  readonly columns: number
}

/** Descriptors of both ends. What is written to one is read from the other; programs get the slave. Throws SystemError. */
export function openPseudoTerminal(): { readonly master: number; readonly slave: number } {
  const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY)
  check('ioctl', () => libc.ioctl(master, TIOCSPTLCK, pointerTo(new Uint8Array(Int32Array.of(0).buffer))))
  // By the master, not by name: this works in whatever folder the machine has its terminals (Linux 4.13).
  return { master, slave: check('ioctl', () => libc.ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) }
}

/** Throws SystemError ENOTTY for what is no terminal. */
export function windowSize(terminal: number): WindowSize {
  const size = new Uint16Array(4) // struct winsize: rows, columns, and both in pixels
  check('ioctl', () => libc.ioctl(terminal, TIOCGWINSZ, pointerTo(new Uint8Array(size.buffer))))
  return { rows: size[0]!, columns: size[1]! }
}

/** Tells the programs of its foreground, if it is another size than before. */
export function setWindowSize(terminal: number, { rows, columns }: WindowSize): void {
  const size = new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer)
  check('ioctl', () => libc.ioctl(terminal, TIOCSWINSZ, pointerTo(size)))
}
