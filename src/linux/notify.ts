// Telling the service manager how a service fares: sd_notify(3), without libsystemd.
import { check, libc } from './libc.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
/** struct sockaddr_un: a family of two octets, then the path. */
const PATH_OFFSET = 2

/**
 * Sends one message, such as "READY=1", to the socket that NOTIFY_SOCKET names: a path, or "@" and an abstract name.
 * Throws SystemError if nobody listens there.
 */
export function notifyManager(socketName: string, message: string): void {
  const address = encodeUnixAddress(socketName)
  const socket = check('socket', () => libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
  try {
    check('connect', () => libc.connect(socket, address, address.length))
    const octets = Buffer.from(message)
    check('send', () => libc.send(socket, octets, octets.length, 0))
  } finally {
    libc.close(socket)
  }
}

/** unix(7): an abstract name begins with a zero octet and ends with the address. */
function encodeUnixAddress(name: string): Uint8Array {
  const path = Buffer.from(name)
  const address = new Uint8Array(PATH_OFFSET + path.length)
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX
  address.set(path, PATH_OFFSET)
  if (name.startsWith('@')) address[PATH_OFFSET] = 0
  return address
}
