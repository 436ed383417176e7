// Who is at the other end of a Unix socket.
import type { Socket } from 'node:net'
import { check, libc } from './libc.ts'

export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

const SOL_SOCKET = 1
const SO_PEERCRED = 17

/** As they were when the peer connected, told by the kernel (unix(7)). Throws SystemError if the socket is closed or not a Unix socket. */
export function peerCredentials(socket: Socket): PeerCredentials {
  const credentials = new Int32Array(3) // struct ucred: pid, uid, gid
  check('getsockopt', () => libc.getsockopt(descriptorOf(socket), SOL_SOCKET, SO_PEERCRED, credentials, [credentials.byteLength]))
  const [pid, uid, gid] = credentials
  return { pid: pid!, uid: uid! >>> 0, gid: gid! >>> 0 }
}

/** Node gives a socket's descriptor to nobody, but keeps it in the handle; -1 once the socket is closed. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } | null }
  return handle?.fd ?? -1
}
