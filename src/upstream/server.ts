import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'

/** One upstream server, however it is spoken to. */
export interface Server {
  /** As the settings name it: "192.0.2.1:53", "tls://dns.example", "https://dns.example/dns-query". */
  readonly label: string
  /** A complete reply that was matched to the question. Throws UpstreamError. */
  exchange(question: Question, timeoutMs: number): Promise<Uint8Array>
  status(): ServerStatus
  close(): void
}

export interface ServerStatus {
  readonly server: string
  readonly asked: number
  readonly answered: number
  readonly timeouts: number
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
  wrong: number
  overTcp: number
}

export function createServerCounters(): ServerCounters {
  return { asked: 0, answered: 0, timeouts: 0, wrong: 0, overTcp: 0 }
}

/** Counts what becomes of an exchange. */
export async function counted(counters: ServerCounters, exchange: () => Promise<Uint8Array>): Promise<Uint8Array> {
  counters.asked += 1
  try {
    const message = await exchange()
    counters.answered += 1
    return message
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'timeout') counters.timeouts += 1
    throw error
  }
}
