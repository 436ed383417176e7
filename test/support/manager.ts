// A service manager's end of sd_notify(3): Node has no datagram sockets in the file system.
import { unlinkSync } from 'node:fs'
import { check, libc } from '../../src/linux/libc.ts'

export interface Manager {
  readonly socket: string
  /** The next message; undefined if none has come. */
  receive(): string | undefined
  close(): void
}

const AF_UNIX = 1
const SOCK_DGRAM = 2
const MSG_DONTWAIT = 0x40

/** Listens at `path`, or at an abstract name if it begins with "@". */
export function listenAsManager(path: string): Manager {
  const name = Buffer.from(path)
  const address = new Uint8Array(2 + name.length)
  address.set(name, 2)
  address[0] = AF_UNIX
  if (path.startsWith('@')) address[2] = 0
  const socket = check('socket', () => libc.socket(AF_UNIX, SOCK_DGRAM, 0))
  check('bind', () => libc.bind(socket, address, address.length))
  const octets = Buffer.alloc(1024)
  return {
    socket: path,
    receive: () => {
      const length = Number(libc.recv(socket, octets, octets.length, MSG_DONTWAIT))
      return length < 0 ? undefined : octets.toString('utf8', 0, length)
    },
    close: () => {
      libc.close(socket)
      if (!path.startsWith('@')) unlinkSync(path)
    },
  }
}
