// The socket's server: admits the resolver and nobody else, and tells all its connections the news.

import { createServer, type Socket } from 'node:net'
import { encodeNext, encodeTaken } from '../leases/protocol.ts'
import { peerCredentials } from '../linux/peer.ts'
import type { Logger } from '../log.ts'
import { createAnswering } from './answering.ts'
import { leaseClock } from './clock.ts'
import { createComplaints } from './complaint.ts'
import { type Session, type SessionPorts, serve } from './session.ts'
import { listenPrivately } from './socket.ts'

/** One resolver, and others that are told so. */
const MOST_CONNECTIONS = 8

export interface ChannelOptions extends Omit<SessionPorts, 'onAnswering' | 'onReady'> {
  readonly path: string
  /** The uid that may connect. */
  readonly peerUid: number
  readonly log: Logger
  /** A resolver has built that policy. */
  onReady(revision: string): void
}

export interface Channel {
  readonly connections: number
  /** Writes lines to every connection. */
  broadcast(lines: string): void
  /** Waits until a resolver answers by that revision. False: none does by then. */
  untilAnswering(revision: string, patienceMs: number): Promise<boolean>
  /** Says which policy comes next, and waits until the resolver that answers is ready for it, or the time is over. */
  untilReady(revision: string, patienceMs: number): Promise<void>
  close(): Promise<void>
}

/** Throws UpdaterStartError. */
export async function openChannel(options: ChannelOptions): Promise<Channel> {
  const { path, peerUid, log } = options
  const sockets = new Map<Socket, { readonly pid: number; readonly session: Session }>()
  const complain = createComplaints(log, leaseClock)
  const answers = createAnswering()
  const server = createServer(admit)
  server.maxConnections = MOST_CONNECTIONS

  function admit(socket: Socket): void {
    const { pid, uid } = peerCredentials(socket)
    const onRejected = (reason: string): void => {
      complain(reason, { pid, uid, reason }, 'hung up on a peer at the socket')
      options.onRejected(reason)
    }
    if (uid !== peerUid) {
      onRejected(`uid ${uid} is not the resolver's, ${peerUid}`)
      socket.destroy()
      return
    }
    const [holder] = sockets.values()
    if (holder !== undefined) {
      onRejected(`another resolver is served, process ${holder.pid}`)
      socket.on('error', () => socket.destroy())
      socket.write(encodeTaken(holder.pid))
      socket.destroySoon()
      return
    }
    socket.on('close', () => {
      sockets.delete(socket)
      answers.forget(socket)
    })
    const onAnswering = (revision: string): void => answers.note(socket, revision)
    const onReady = (revision: string): void => {
      answers.noteReady(socket, revision)
      options.onReady(revision)
    }
    sockets.set(socket, { pid, session: serve(socket, { ...options, onRejected, onAnswering, onReady }) })
  }

  function broadcast(lines: string): void {
    for (const { session } of sockets.values()) session.tell(lines)
  }

  await listenPrivately(server, path, peerUid)
  return {
    get connections() {
      return sockets.size
    },
    broadcast,
    untilAnswering: answers.until,
    untilReady: async (revision, patienceMs) => {
      broadcast(encodeNext(revision))
      await answers.untilReady(revision, patienceMs)
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets.keys()) socket.destroy()
      await closed
    },
  }
}
