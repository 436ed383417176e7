// One connection of a resolver: its frames in, ours out. Whoever is not the resolver, or does not speak as it should, is hung up on.

import type { Socket } from 'node:net'
import {
  decodeResolverFrame,
  encodeFigures,
  encodeReplies,
  encodeUpdaterHello,
  type Figures,
  FrameDecoder,
  type OpenReply,
  type OpenRequest,
  ProtocolError,
  type ResolverMessage,
} from '../leases/protocol.ts'

export interface SessionPorts {
  readonly revision: () => string
  readonly generation: () => number
  open(requests: readonly OpenRequest[]): readonly OpenReply[]
  figures(): Figures
  /** It answers queries by that revision as soon as that is in force. */
  onReady(revision: string): void
  /** It answers queries by that revision from now on. */
  onAnswering(revision: string): void
  /** It was hung up on. */
  onRejected(reason: string): void
}

export interface Session {
  /** Writes lines. */
  tell(lines: string): void
}

/** A resolver that does not read what it is told, asked for or not, is not waited for. */
const MOST_UNREAD_OCTETS = 16 * 1024 * 1024

/** Serves a socket whose peer is the resolver, until either side ends it. */
export function serve(socket: Socket, ports: SessionPorts): Session {
  const frames = new FrameDecoder()
  let isGreeted = false
  let wantsFigures = false

  /** All requests of what has arrived are one batch, and all questions for figures one question: what comes while the kernel is busy waits in the socket, and is the next. */
  function receive(chunk: Uint8Array): void {
    const requests: OpenRequest[] = []
    try {
      for (const frame of frames.push(chunk)) take(decodeResolverFrame(frame), requests)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      reject(error.message)
      return
    }
    if (requests.length > 0) write(encodeReplies(ports.open(requests)))
    if (wantsFigures) write(encodeFigures(ports.figures()))
    wantsFigures = false
  }

  function take(message: ResolverMessage, requests: OpenRequest[]): void {
    if (isGreeted === (message.kind === 'hello'))
      throw new ProtocolError(`expected ${isGreeted ? 'requests' : 'hello'}, got ${message.kind}`)
    isGreeted = true
    if (message.kind === 'open') requests.push(...message.requests)
    if (message.kind === 'figures') wantsFigures = true
    if (message.kind === 'ready') ports.onReady(message.revision)
    if (message.kind === 'answering') ports.onAnswering(message.revision)
  }

  function write(frames: string | Uint8Array): void {
    if (socket.destroyed) return
    socket.write(frames)
    if (socket.writableLength > MOST_UNREAD_OCTETS) reject('it does not read what it is told')
  }

  function reject(reason: string): void {
    ports.onRejected(reason)
    socket.destroy()
  }

  socket.on('data', receive)
  socket.on('error', () => socket.destroy())
  write(encodeUpdaterHello(ports.revision(), ports.generation()))
  return { tell: write }
}
