// One TCP connection, RFC 7766: queries pipelined, replies in the order in which they are ready.

import type { Socket } from 'node:net'
import { FrameReader, frame } from '../dns/frame.ts'
import { MOST_REPLY_OCTETS } from '../dns/reply.ts'
import { PENDING } from '../resolver/resolver.ts'
import type { ServerEndpoint } from './endpoint.ts'
import type { Service } from './service.ts'

/** Queries of one connection that may wait; beyond, nothing more is read from it. */
const MOST_IN_FLIGHT = 128
/**
 * Queries of one connection in one turn of the event loop: it reads up to two megabytes before it turns to the next, and a hundred connections
 * that are never empty would keep everybody else from being heard for as long as they like.
 */
const MOST_IN_TURN = 16
/** A client that leaves so much unread while more becomes ready is hung up on: replies are up to 64 KiB each, and memory is everybody's. */
const MOST_UNREAD_OCTETS = 256 * 1024

/** Every reply is copied out of here before the next is written. */
const reply = Buffer.allocUnsafeSlow(MOST_REPLY_OCTETS)

/** Answers what comes, until the client has had enough or is idle for too long. */
export function serveConnection(socket: Socket, source: string, endpoint: ServerEndpoint, service: Service): void {
  const { reception, counters, idleMs } = service
  const frames = new FrameReader()
  const idle = setTimeout(closeIfIdle, idleMs)
  let inFlight = 0
  let leftInTurn = MOST_IN_TURN
  let clientIsDone = false

  /** Stops where it is others' turn, and where the client does not read its replies, so that they do not pile up here; goes on when it does. */
  function readOn(): void {
    while (leftInTurn > 0 && inFlight < MOST_IN_FLIGHT && !socket.writableNeedDrain && !socket.destroyed) {
      const query = frames.next()
      if (query === undefined) {
        rest()
        return
      }
      if (leftInTurn-- === MOST_IN_TURN) setImmediate(nextTurn)
      answer(query)
    }
    socket.pause()
  }

  function nextTurn(): void {
    const hasMore = leftInTurn === 0
    leftInTurn = MOST_IN_TURN
    if (hasMore) readOn()
  }

  /** Every whole query has been read. Half-closed, the connection ends with its last reply. */
  function rest(): void {
    if (!clientIsDone) socket.resume()
    else if (inFlight === 0) socket.end()
  }

  function answer(query: Buffer): void {
    counters.tcpQueries++
    const length = reception.answer(query, query.length, source, endpoint, 'tcp', reply)
    // What gets no reply keeps nothing open.
    if (length !== 0) idle.refresh()
    if (length > 0) socket.write(frame(reply, length))
    else if (length === PENDING) {
      inFlight++
      reception.wait(query, source, endpoint, 'tcp', send)
    }
  }

  function send(waited: Uint8Array): void {
    inFlight--
    if (!socket.writable) return
    if (socket.writableLength > MOST_UNREAD_OCTETS) return hangUp()
    idle.refresh()
    socket.write(frame(waited, waited.length))
    readOn()
  }

  function hangUp(): void {
    counters.dropped++
    socket.destroy()
  }

  function closeIfIdle(): void {
    if (inFlight > 0) idle.refresh()
    else socket.destroy()
  }

  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk)
    readOn()
  })
  socket.on('drain', readOn)
  socket.on('end', () => {
    clientIsDone = true
    readOn()
  })
  // A reset is the client's affair; 'close' follows.
  socket.on('error', () => {})
  socket.on('close', () => clearTimeout(idle))
}
