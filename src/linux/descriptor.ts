import { readdirSync } from 'node:fs'
import { libc } from './libc.ts'

const F_SETFD = 2
const FD_CLOEXEC = 1
const FIRST_AFTER_STREAMS = 3

/** What is open beside the standard streams, whoever opened it, is closed in programs that are started from now on, unless it is handed to them. */
export function keepDescriptors(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    // That of the listing itself is closed already, which is no harm.
    if (Number(name) >= FIRST_AFTER_STREAMS) libc.fcntl(Number(name), F_SETFD, FD_CLOEXEC)
  }
}
