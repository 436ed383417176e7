import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'
import type { Judgement } from './judge.ts'
import { random16 } from './random.ts'
import type { OpenSocket } from './socket.ts'

/** A reply that was matched to its query: by server, port, ID and question. Its octets are valid during the call only. */
export interface Reply {
  readonly message: Uint8Array
  readonly judgement: Exclude<Judgement, 'wrong'>
}

/** Called once: with the reply, or with UpstreamError `timeout` or `network`. */
export type OnReply = (outcome: Reply | UpstreamError) => void

/** A random port, from which one server is asked. */
export interface Port {
  /** Sends the query that `compose` makes for a random ID. What comes of it may be told before this returns. */
  ask(compose: (id: number) => Uint8Array, timeoutMs: number, onReply: OnReply): void
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
  readonly id: number
  readonly query: Uint8Array
  readonly timeoutMs: number
  readonly endsAt: number
  readonly onReply: OnReply
}

/** As many replies that answer nothing are somebody guessing, not latecomers: what is in flight goes over TCP (RFC 5452 section 9.3). */
const MOST_WRONG = 100

export function openPort(server: Endpoint, open: OpenSocket, events: PortEvents): Port {
  const closed = `socket towards ${formatEndpoint(server)} was closed`
  const inFlight = new Map<number, Waiting>()
  const socket = open(server, {
    onMessage: receive,
    onError: (cause) => fail(`${formatEndpoint(server)}: ${cause.message}`, cause),
  })
  let wrong = 0
  let isRetired = false
  let isOpen = true
  let timer: NodeJS.Timeout | undefined
  let timerAt = Number.POSITIVE_INFINITY

  function close(): void {
    if (!isOpen) return
    isOpen = false
    clearTimeout(timer)
    socket.close()
    fail(closed)
  }

  function fail(message: string, cause?: Error): void {
    settleAll(() => new UpstreamError('network', message, { cause }))
  }

  /** Those in flight now: whoever is told may ask again at once, here too. */
  function settleAll(outcome: () => Reply | UpstreamError): void {
    for (const waiting of [...inFlight.values()]) settle(waiting, outcome())
  }

  function settle(waiting: Waiting, outcome: Reply | UpstreamError): void {
    if (inFlight.get(waiting.id) !== waiting) return
    inFlight.delete(waiting.id)
    waiting.onReply(outcome)
    if (isRetired && inFlight.size === 0) close()
  }

  function receive(message: Uint8Array): void {
    const waiting = message.length >= 2 ? inFlight.get((message[0]! << 8) | message[1]!) : undefined
    const judgement = waiting === undefined ? 'wrong' : events.judge(message, waiting.query)
    if (judgement === 'wrong') suspect(message)
    else settle(waiting!, { message, judgement })
  }

  function suspect(message: Uint8Array): void {
    events.onWrong()
    if (++wrong % MOST_WRONG === 0) settleAll(() => ({ message, judgement: 'bare' }))
  }

  function freshId(): number {
    let id = random16()
    while (inFlight.has(id)) id = random16()
    return id
  }

  function ask(compose: (id: number) => Uint8Array, timeoutMs: number, onReply: OnReply): void {
    if (!isOpen) return onReply(new UpstreamError('network', closed))
    const id = freshId()
    const query = compose(id)
    const endsAt = performance.now() + timeoutMs
    inFlight.set(id, { id, query, timeoutMs, endsAt, onReply })
    if (endsAt < timerAt) arm(endsAt, timeoutMs)
    socket.send(query)
  }

  /** One timer serves all, and is left alone when replies come: they are many, and hardly ever late. */
  function arm(at: number, inMs: number): void {
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(expire, Math.ceil(inMs)).unref()
  }

  function expire(): void {
    timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const waiting of [...inFlight.values()]) {
      const { endsAt, timeoutMs } = waiting
      if (endsAt <= now) settle(waiting, new UpstreamError('timeout', `no answer from ${formatEndpoint(server)} in ${timeoutMs} ms`))
      else if (endsAt < timerAt) arm(endsAt, endsAt - now)
    }
  }

  function retire(): void {
    isRetired = true
    if (inFlight.size === 0) close()
  }

  return { ask, retire, close }
}
