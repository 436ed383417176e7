import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'
import type { SecurePlace } from './place.ts'

/** After this nobody waits for the connection any more. */
const TIMEOUT_MS = 5_000

/** Resolves with a connection that may be written to. Rejects with the system's error, or a time-out. */
export async function connectPlainly({ address, port }: Endpoint): Promise<Socket> {
  return await ready(connectTcp({ host: address, port }), 'connect')
}

/**
 * Resolves when the certificate has been judged, and not before: what is written earlier could reach the wrong one. Each turn
 * goes to the next address, since one may be of a family that this host does not have. Rejects as `connectPlainly`, or with UpstreamError.
 */
export async function connectSecurely(place: SecurePlace, turn: number, protocols: readonly string[]): Promise<TLSSocket> {
  const known = await place.addresses()
  const address = known[turn % known.length]
  if (address === undefined) throw new UpstreamError('network', `${place.name}: no address`)
  // Loaded by whom such upstreams are set for: it takes as long as a tenth of a start.
  const { connect: connectTls } = await import('node:tls')
  const socket = connectTls({
    host: address,
    port: place.port,
    ALPNProtocols: [...protocols],
    // Without a name to send, the certificate must be for the address itself.
    ...(isIP(place.name) ? {} : { servername: place.name }),
    ...(place.authorities === undefined ? {} : { ca: place.authorities }),
  })
  return await ready(socket, 'secureConnect')
}

async function ready<T extends Socket>(socket: T, event: 'connect' | 'secureConnect'): Promise<T> {
  const timer = setTimeout(() => socket.destroy(new Error(`no connection in ${TIMEOUT_MS} ms`)), TIMEOUT_MS).unref()
  socket.unref()
  try {
    await once(socket, event)
    return socket
  } finally {
    clearTimeout(timer)
  }
}
