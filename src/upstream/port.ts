import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'
import type { Judgement } from './judge.ts'
import { random16 } from './random.ts'
import type { OpenSocket } from './socket.ts'

/** A reply that was matched to its query: by server, port, ID and question. */
export interface Reply {
  readonly message: Uint8Array
  readonly judgement: Exclude<Judgement, 'wrong'>
}

/** A random port, from which one server is asked. */
export interface Port {
  /** Sends the query that `compose` makes for a random ID. Rejects with UpstreamError `timeout` or `network`. */
  ask(compose: (id: number) => Uint8Array, timeoutMs: number): Promise<Reply>
  /** Takes no more queries; closes when those in flight have ended. */
  retire(): void
  /** Closes at once; what is in flight fails. */
  close(): void
}

export interface PortEvents {
  /** A message that answers nothing we asked: a forgery, or a reply after its time-out. */
  onWrong(): void
  judge(reply: Uint8Array, query: Uint8Array): Judgement
}

interface Waiting {
  readonly query: Uint8Array
  readonly settle: (outcome: Reply | UpstreamError) => void
}

/** As many replies that answer nothing are somebody guessing, not latecomers: what is in flight goes over TCP (RFC 5452 section 9.3). */
const MOST_WRONG = 100

export function openPort(server: Endpoint, open: OpenSocket, events: PortEvents): Port {
  const inFlight = new Map<number, Waiting>()
  const socket = open(server, {
    onMessage: receive,
    onError: (cause) => fail(`${formatEndpoint(server)}: ${cause.message}`, cause),
  })
  let wrong = 0
  let isRetired = false
  let isOpen = true

  function close(): void {
    if (!isOpen) return
    isOpen = false
    socket.close()
    fail(`socket towards ${formatEndpoint(server)} was closed`)
  }

  function fail(message: string, cause?: Error): void {
    for (const waiting of inFlight.values()) waiting.settle(new UpstreamError('network', message, { cause }))
  }

  function receive(message: Uint8Array): void {
    const waiting = message.length >= 2 ? inFlight.get((message[0]! << 8) | message[1]!) : undefined
    const judgement = waiting === undefined ? 'wrong' : events.judge(message, waiting.query)
    if (judgement === 'wrong') suspect(message)
    else waiting!.settle({ message: Uint8Array.prototype.slice.call(message), judgement })
  }

  function suspect(message: Uint8Array): void {
    events.onWrong()
    if (++wrong % MOST_WRONG === 0) for (const waiting of inFlight.values()) waiting.settle({ message, judgement: 'bare' })
  }

  function freshId(): number {
    let id = random16()
    while (inFlight.has(id)) id = random16()
    return id
  }

  function ask(compose: (id: number) => Uint8Array, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const id = freshId()
      const query = compose(id)
      const timer = setTimeout(
        () => settle(new UpstreamError('timeout', `no answer from ${formatEndpoint(server)} in ${timeoutMs} ms`)),
        timeoutMs,
      )
      function settle(outcome: Reply | UpstreamError): void {
        clearTimeout(timer)
        inFlight.delete(id)
        if (outcome instanceof UpstreamError) reject(outcome)
        else resolve(outcome)
        if (isRetired && inFlight.size === 0) close()
      }
      inFlight.set(id, { query, settle })
      socket.send(query)
    })
  }

  function retire(): void {
    isRetired = true
    if (inFlight.size === 0) close()
  }

  return { ask, retire, close }
}
