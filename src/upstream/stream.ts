// A kept connection: queries are pipelined on it, replies come in any order (RFC 7766 section 6.2.1.1, RFC 7858 section 3.4).

import type { Socket } from 'node:net'
import { FrameReader, frame } from '../dns/frame.ts'
import { UpstreamError } from './error.ts'
import { type Judgement, judgeReply } from './judge.ts'
import { random16 } from './random.ts'

/** A server that sends as many messages in a row that answer nothing is cut off. */
const MOST_WRONG = 100
/** Without anything in flight it is closed after this, before most servers do so themselves. */
const IDLE_MS = 8_000
/** A shorter silence says nothing about a connection. */
const LEAST_SILENCE_MS = 1_000

export interface StreamReply {
  readonly message: Uint8Array
  readonly judgement: Exclude<Judgement, 'wrong'>
}

export interface Stream {
  /** Sends the query that `compose` makes for a random ID, over a new connection if there is none. Rejects with UpstreamError `timeout` or `network`. */
  ask(compose: (id: number) => Uint8Array, timeoutMs: number): Promise<StreamReply>
  close(): void
}

export interface StreamOptions {
  /** For messages. */
  readonly place: string
  /** Resolves with a connection that may carry queries. */
  open(): Promise<Socket>
  /** A message that answers nothing we asked. */
  onWrong(): void
}

interface Waiting {
  readonly query: Uint8Array
  settle(outcome: StreamReply | UpstreamError): void
}

export function createStream(options: StreamOptions): Stream {
  let link: Link | undefined

  function connected(): Link {
    if (link === undefined || link.isGone) link = createLink(options)
    return link
  }

  return {
    ask: (compose, timeoutMs) => connected().ask(compose, timeoutMs),
    close: () => link?.end(new UpstreamError('network', `connection to ${options.place} was closed`)),
  }
}

interface Link {
  readonly isGone: boolean
  ask: Stream['ask']
  end(reason: UpstreamError): void
}

/** One connection from its beginning to its end; what is in flight when it ends fails with it. */
function createLink({ place, open, onWrong }: StreamOptions): Link {
  const inFlight = new Map<number, Waiting>()
  const frames = new FrameReader()
  let socket: Socket | undefined
  let isGone = false
  let heardAt = 0
  let wrong = 0
  const idle = setTimeout(() => end(new UpstreamError('network', `${place}: idle`)), IDLE_MS).unref()

  async function begin(): Promise<void> {
    try {
      use(await open())
    } catch (error) {
      fail(error as Error)
    }
  }

  function use(opened: Socket): void {
    if (isGone) return void opened.destroy()
    socket = opened
    socket.on('data', receive)
    socket.on('error', fail)
    socket.on('close', () => end(new UpstreamError('network', `${place}: connection closed before an answer`)))
    for (const { query } of inFlight.values()) socket.write(frame(query, query.length))
  }

  function fail(cause: Error): void {
    end(new UpstreamError('network', `${place}: ${cause.message}`, { cause }))
  }

  function receive(chunk: Buffer): void {
    heardAt = performance.now()
    frames.push(chunk)
    for (let message = frames.next(); message !== undefined; message = frames.next()) take(message)
  }

  function take(message: Buffer): void {
    const waiting = message.length >= 2 ? inFlight.get(message.readUInt16BE(0)) : undefined
    const judgement = waiting === undefined ? 'wrong' : judgeReply(message, waiting.query)
    if (judgement === 'wrong') return suspect()
    wrong = 0
    waiting!.settle({ message, judgement })
  }

  function suspect(): void {
    onWrong()
    if (++wrong >= MOST_WRONG) end(new UpstreamError('network', `${place}: ${wrong} messages that answer nothing`))
  }

  function end(reason: UpstreamError): void {
    if (isGone) return
    isGone = true
    clearTimeout(idle)
    socket?.destroy()
    for (const waiting of inFlight.values()) waiting.settle(reason)
  }

  function ask(compose: (id: number) => Uint8Array, timeoutMs: number): Promise<StreamReply> {
    return new Promise((resolve, reject) => {
      const id = freshId(inFlight)
      const query = compose(id)
      const askedAt = performance.now()
      const timer = setTimeout(() => {
        settle(new UpstreamError('timeout', `no answer from ${place} in ${timeoutMs} ms`))
        // Not a word since: the connection may be dead, and the next query must not wait for it too.
        if (heardAt < askedAt && timeoutMs >= LEAST_SILENCE_MS) end(new UpstreamError('network', `${place}: silent connection`))
      }, timeoutMs)
      function settle(outcome: StreamReply | UpstreamError): void {
        clearTimeout(timer)
        if (!isGone) idle.refresh()
        inFlight.delete(id)
        if (outcome instanceof UpstreamError) reject(outcome)
        else resolve(outcome)
      }
      inFlight.set(id, { query, settle })
      idle.refresh()
      socket?.write(frame(query, query.length))
    })
  }

  void begin()
  return {
    get isGone() {
      return isGone
    },
    ask,
    end,
  }
}

function freshId(inFlight: ReadonlyMap<number, unknown>): number {
  let id = random16()
  while (inFlight.has(id)) id = random16()
  return id
}
