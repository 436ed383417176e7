import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UpstreamError } from './error.ts'
import { judgeReply } from './judge.ts'
import { createPortPool } from './port-pool.ts'
import { composeQuery, type Question } from './question.ts'
import { random16 } from './random.ts'
import { askOverTcp } from './tcp.ts'

/** One upstream server: UDP first, TCP for what does not fit or cannot be trusted. */
export interface Server {
  readonly endpoint: Endpoint
  /** A complete reply that was matched to the question; each transport may take `timeoutMs`. Throws UpstreamError. */
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

export function createServer(endpoint: Endpoint): Server {
  const counters = { asked: 0, answered: 0, timeouts: 0, wrong: 0, overTcp: 0 }
  let foldsCase = false
  const ports = createPortPool(endpoint, {
    onWrong: () => {
      counters.wrong += 1
    },
  })

  async function exchange(question: Question, timeoutMs: number): Promise<Uint8Array> {
    counters.asked += 1
    try {
      const reply = await ports.ask((id) => composeQuery(question, id, !foldsCase), timeoutMs)
      const message = reply.judgement === 'whole' ? reply.message : await exchangeOverTcp(question, timeoutMs)
      counters.answered += 1
      return message
    } catch (error) {
      if (error instanceof UpstreamError && error.kind === 'timeout') counters.timeouts += 1
      throw error
    }
  }

  /** Nobody else can answer on a connection, so a name that comes back in other letters here shows what the server does, not a forger. */
  async function exchangeOverTcp(question: Question, timeoutMs: number): Promise<Uint8Array> {
    counters.overTcp += 1
    const query = composeQuery(question, random16(), !foldsCase)
    const message = await askOverTcp(endpoint, query, timeoutMs)
    const judgement = judgeReply(message, query)
    if (judgement === 'wrong' || judgement === 'truncated') {
      throw new UpstreamError('network', `${formatEndpoint(endpoint)} over tcp: ${judgement} answer`)
    }
    if (judgement === 'folded') foldsCase = true
    return message
  }

  return { endpoint, exchange, status: () => ({ server: formatEndpoint(endpoint), ...counters, foldsCase }), close: ports.close }
}
