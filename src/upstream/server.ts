import { countLatency, createLatency, type Latency } from '../latency.ts'
import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'

/** One upstream server, however it is spoken to. */
export interface Server {
  /** As the settings name it: "192.0.2.1:53", "tls://dns.example", "https://dns.example/dns-query". */
  readonly label: string
  /** Tells of a complete reply that was matched to the question, or UpstreamError. */
  exchange(question: Question, timeoutMs: number, onMessage: OnMessage): void
  status(): ServerStatus
  close(): void
}

export interface ServerStatus {
  readonly server: string
  readonly asked: number
  readonly answered: number
  readonly timeouts: number
  /** Of what was answered. */
  readonly latency: Latency
  /** Messages that answered nothing we had asked. */
  readonly wrong: number
  readonly overTcp: number
  /** The server does not keep the letter case of a name, so that 0x20 is not used with it. */
  readonly foldsCase: boolean
}

export interface ServerCounters {
  asked: number
  answered: number
  timeouts: number
  readonly latency: Latency
  wrong: number
  overTcp: number
}

export function createServerCounters(): ServerCounters {
  return { asked: 0, answered: 0, timeouts: 0, latency: createLatency(), wrong: 0, overTcp: 0 }
}

/** Called once, perhaps before whoever was asked returns: with a reply, which is valid during the call only, or the reason why there is none. */
export type OnMessage = (outcome: Uint8Array | Error) => void

/** Counts an exchange that begins now, and what becomes of it. */
export function counted(counters: ServerCounters, onMessage: OnMessage): OnMessage {
  const startedAt = performance.now()
  counters.asked += 1
  return (outcome) => {
    if (!(outcome instanceof Error)) {
      counters.answered += 1
      countLatency(counters.latency, performance.now() - startedAt)
    } else if (outcome instanceof UpstreamError && outcome.kind === 'timeout') counters.timeouts += 1
    onMessage(outcome)
  }
}

/** What is particular to a server that is asked in secret, where letter case need not be random. */
interface Encrypted {
  /** Rejects with UpstreamError. */
  ask(question: Question, timeoutMs: number): Promise<Uint8Array>
  close(): void
}

export function createEncryptedServer(label: string, counters: ServerCounters, { ask, close }: Encrypted): Server {
  return {
    label,
    exchange: (question, timeoutMs, onMessage) => {
      const counting = counted(counters, onMessage)
      ask(question, timeoutMs).then(counting, counting)
    },
    status: () => ({ server: label, ...counters, foldsCase: false }),
    close,
  }
}

/** The reply, read by `read` while it is valid. Throws UpstreamError, and what `read` throws. */
export function exchangeWith<T>(server: Server, question: Question, timeoutMs: number, read: (message: Uint8Array) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    server.exchange(question, timeoutMs, (outcome) => {
      if (outcome instanceof Error) return reject(outcome)
      try {
        resolve(read(outcome))
      } catch (error) {
        reject(error)
      }
    })
  })
}
