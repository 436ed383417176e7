// A sign that every process of a network namespace can see, and none outside: a bound abstract name (unix(7)), which /proc/net/unix lists.
import { SystemError } from './error.ts'
import { check, libc } from './libc.ts'
import { AF_UNIX, encodeUnixAddress } from './unix-address.ts'

const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000

/** Puts it up until this process ends. Nobody can connect to it: nothing listens. One that is up already will do. Throws SystemError. */
export function putUpSign(name: string): void {
  const address = encodeUnixAddress(`@${name}`)
  const socket = check('socket', () => libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
  try {
    check('bind', () => libc.bind(socket, address, address.length))
  } catch (error) {
    libc.close(socket)
    if (!(error instanceof SystemError) || error.code !== 'EADDRINUSE') throw error
  }
}
