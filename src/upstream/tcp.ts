import { connect, type Socket } from 'node:net'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'

const LENGTH_OCTETS = 2

/** Asks over a connection of its own (RFC 7766) and returns the first message that comes back. Rejects with UpstreamError `timeout` or `network`. */
export function askOverTcp(server: Endpoint, query: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const place = `${formatEndpoint(server)} over tcp`
    const socket = connect({ port: server.port, host: server.address })
    const timer = setTimeout(() => end(new UpstreamError('timeout', `no answer from ${place} in ${timeoutMs} ms`)), timeoutMs)
    function end(outcome: Uint8Array | UpstreamError): void {
      clearTimeout(timer)
      socket.destroy()
      if (outcome instanceof UpstreamError) reject(outcome)
      else resolve(outcome)
    }
    socket.on('error', (cause) => end(new UpstreamError('network', `${place}: ${cause.message}`, { cause })))
    socket.on('close', () => end(new UpstreamError('network', `${place}: connection closed before an answer`)))
    readMessage(socket, end)
    socket.end(framed(query))
  })
}

function framed(query: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_OCTETS + query.length)
  frame[0] = query.length >> 8
  frame[1] = query.length
  frame.set(query, LENGTH_OCTETS)
  return frame
}

/** Hands over the first whole message, in whatever pieces it comes. */
function readMessage(socket: Socket, onMessage: (message: Uint8Array) => void): void {
  const pieces: Buffer[] = []
  let octets = 0
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece)
    octets += piece.length
    if (octets < LENGTH_OCTETS) return
    const received = Buffer.concat(pieces)
    const end = LENGTH_OCTETS + received.readUInt16BE(0)
    if (octets >= end) onMessage(received.subarray(LENGTH_OCTETS, end))
  })
}
