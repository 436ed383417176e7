import { createSocket } from 'node:dgram'
import { familyOf } from '../net/address.ts'
import type { Endpoint } from '../net/endpoint.ts'

/** A UDP socket on a random port of its own, connected to one server: the kernel drops what comes from anywhere else. */
export interface ServerSocket {
  /** Queries of one turn of the event loop may leave together at its end, so `query` must not change. */
  send(query: Uint8Array): void
  close(): void
}

export interface SocketEvents {
  /** Holds during the call only. */
  onMessage(message: Uint8Array): void
  /** The server could not be reached: nobody listens there, or no route leads there. */
  onError(cause: Error): void
}

/** Never throws: what goes wrong is told through `events`. */
export type OpenSocket = (server: Endpoint, events: SocketEvents) => ServerSocket

/** The portable way: Node reads and sends one by one. */
export const openSocket: OpenSocket = (server, { onMessage, onError }) => {
  const family = familyOf(server.address)
  // An address needs no look-up; answering at once lets bind and connect happen within this call.
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: (host, _options, done) => done(null, host, family) })
  socket.on('message', onMessage)
  socket.on('error', onError)
  socket.connect(server.port, server.address)
  socket.unref()
  return { send: (query) => socket.send(query), close: () => void socket.close() }
}
