// The resolver's end of the updater's socket: connects, greets, reconnects for ever. Knows nothing of leases.

import { createConnection, type Socket } from 'node:net'
import { decodeUpdaterFrame, FrameDecoder, ProtocolError, RESOLVER_HELLO, type UpdaterMessage } from './protocol.ts'

const FIRST_RETRY_MS = 5
/** Where nobody listens yet, looking costs next to nothing, and every name waits for it: what has taken so long is found a tenth later at most. */
const ABSENT = { growth: 1.1, mostMs: 100 }
/** Whoever hangs up on us notes that each time. */
const HUNG_UP = { growth: 2, mostMs: 1000 }
/** An updater that hangs is not written to without end: whoever waits for it gives up after two seconds anyway. */
const MOST_UNREAD_OCTETS = 4 * 1024 * 1024

export interface ConnectionEvents {
  onMessage(message: UpdaterMessage): void
  onLost(): void
}

export interface Connection {
  /** Begins to connect: the updater sees the user that this process is at that moment. */
  start(): void
  /** Writes frames if there is a connection; false: there is none, or the updater has not read what it was sent before, and they are lost. */
  send(frames: string | Uint8Array): boolean
  /** Why the last attempt or connection failed. */
  readonly lastError: string | undefined
  close(): void
}

/** Once started, connects to `path` and, whenever that ends, again: after 5 ms, then ever later, up to 100 ms while nobody listens, and up to 1 s while nobody greets. */
export function connect(path: string, events: ConnectionEvents): Connection {
  let socket: Socket | undefined
  let retry: NodeJS.Timeout | undefined
  let retryMs = FIRST_RETRY_MS
  let lastError: string | undefined
  let isClosed = false

  function attempt(): void {
    const frames = new FrameDecoder()
    const attempted = createConnection(path, () => {
      isHeard = true
    })
    let isHeard = false
    socket = attempted
    attempted.write(RESOLVER_HELLO)
    attempted.on('data', (chunk) => guarded(attempted, () => frames.push(chunk).map(decodeUpdaterFrame).forEach(receive)))
    attempted.on('error', (error) => {
      lastError = error.message
    })
    attempted.on('close', () => again(isHeard ? HUNG_UP : ABSENT))
  }

  function receive(message: UpdaterMessage): void {
    if (message.kind === 'hello') {
      retryMs = FIRST_RETRY_MS
      lastError = undefined
    }
    events.onMessage(message)
  }

  function again({ growth, mostMs }: typeof ABSENT): void {
    if (isClosed) return
    events.onLost()
    retry = setTimeout(attempt, Math.min(retryMs, mostMs))
    retryMs = Math.min(retryMs * growth, mostMs)
  }

  /** What the updater says wrongly ends the connection, and only that. */
  function guarded(attempted: Socket, read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      attempted.destroy(error)
    }
  }

  function send(frames: string | Uint8Array): boolean {
    if (socket === undefined || socket.writableLength > MOST_UNREAD_OCTETS) return false
    socket.write(frames)
    return true
  }

  function close(): void {
    isClosed = true
    clearTimeout(retry)
    socket?.destroy()
  }

  return {
    start: attempt,
    send,
    get lastError() {
      return lastError
    },
    close,
  }
}
