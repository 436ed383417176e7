import { createSocket } from 'node:dgram'
import { familyOf } from '../net/address.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'
import type { Judgement } from './judge.ts'
import { random16 } from './random.ts'

/** A reply that was matched to its query: by server, port, ID and question. */
export interface Reply {
  readonly message: Uint8Array
  readonly judgement: Exclude<Judgement, 'wrong'>
}

/** A UDP socket with a random port of its own, connected to one server: the kernel drops what comes from anywhere else. */
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

export function openPort(server: Endpoint, events: PortEvents): Port {
  const family = familyOf(server.address)
  // An address needs no look-up; answering at once lets bind and connect happen within this call.
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: (host, _options, done) => done(null, host, family) })
  const inFlight = new Map<number, Waiting>()
  let wrong = 0
  let retired = false
  let open = true

  function close(): void {
    if (!open) return
    open = false
    socket.close()
    fail(new UpstreamError('network', `socket towards ${formatEndpoint(server)} was closed`))
  }

  function fail(error: UpstreamError): void {
    for (const waiting of inFlight.values()) waiting.settle(error)
  }

  function receive(message: Uint8Array): void {
    const waiting = message.length >= 2 ? inFlight.get((message[0]! << 8) | message[1]!) : undefined
    const judgement = waiting === undefined ? 'wrong' : events.judge(message, waiting.query)
    if (judgement === 'wrong') suspect(message)
    else waiting!.settle({ message, judgement })
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
        if (retired && inFlight.size === 0) close()
      }
      inFlight.set(id, { query, settle })
      socket.send(query)
    })
  }

  function retire(): void {
    retired = true
    if (inFlight.size === 0) close()
  }

  socket.on('message', receive)
  // A connected socket reports the ICMP errors of its server: nobody listens there, or no route leads there.
  socket.on('error', (cause) => fail(new UpstreamError('network', `${formatEndpoint(server)}: ${cause.message}`, { cause })))
  socket.connect(server.port, server.address)
  socket.unref()
  return { ask, retire, close }
}
