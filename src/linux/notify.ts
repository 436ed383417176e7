// Telling the service manager how a service fares: sd_notify(3), without libsystemd.
import { check, libc, pointerTo } from './libc.ts'
import { AF_UNIX, encodeUnixAddress } from './unix-address.ts'

const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
/** struct cmsghdr of a 64-bit machine: a length of 8 octets, level and type of 4 each; then the descriptors. */
const CONTROL_HEADER_OCTETS = 16

/**
 * Sends one message, such as "READY=1", to the socket that NOTIFY_SOCKET names: a path, or "@" and an abstract name.
 * With a descriptor, the manager gets a copy of it ("FDSTORE=1"). Throws SystemError if nobody listens there.
 */
export function notifyManager(socketName: string, message: string, descriptor?: number): void {
  const address = encodeUnixAddress(socketName)
  const socket = check('socket', () => libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
  try {
    check('connect', () => libc.connect(socket, address, address.length))
    const octets = Buffer.from(message)
    if (descriptor === undefined) check('send', () => libc.send(socket, octets, octets.length, 0))
    else sendDescriptor(socket, octets, descriptor)
  } finally {
    libc.close(socket)
  }
}

/** unix(7), SCM_RIGHTS. The structures are those of a 64-bit machine, in words of 64 bits. */
function sendDescriptor(socket: number, octets: Uint8Array, descriptor: number): void {
  const control = new Uint8Array(CONTROL_HEADER_OCTETS + 8)
  new BigUint64Array(control.buffer, 0, 1)[0] = BigInt(CONTROL_HEADER_OCTETS + 4)
  new Int32Array(control.buffer, 8, 3).set([SOL_SOCKET, SCM_RIGHTS, descriptor])
  const vector = new BigUint64Array([pointerTo(octets), BigInt(octets.length)]) // struct iovec
  const [vectorAt, controlAt] = [new Uint8Array(vector.buffer), control].map(pointerTo)
  // struct msghdr: name, its length, iovec, how many, control, its length, flags.
  const message = new BigUint64Array([0n, 0n, vectorAt!, 1n, controlAt!, BigInt(control.length), 0n])
  check('sendmsg', () => libc.sendmsg(socket, message, 0))
}
