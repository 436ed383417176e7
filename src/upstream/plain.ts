import { rejectsEdns } from '../dns/response.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { connectPlainly } from './connect.ts'
import { createCookieJar } from './cookie-jar.ts'
import { UpstreamError } from './error.ts'
import { judgeReply } from './judge.ts'
import type { Reply } from './port.ts'
import { createPortPool } from './port-pool.ts'
import { composeQuery, type Question } from './question.ts'
import { counted, createServerCounters, type OnMessage, type Server } from './server.ts'
import type { OpenSocket } from './socket.ts'
import { createStream } from './stream.ts'

/** For how long a server that has been found without EDNS is asked without it. */
const EDNS_MEMORY_MS = 600_000

/** A server asked in the clear: UDP first, TCP for what does not fit or cannot be trusted. Each transport may take the whole time. */
export function createPlainServer(endpoint: Endpoint, open: OpenSocket): Server {
  const label = formatEndpoint(endpoint)
  const counters = createServerCounters()
  const cookies = createCookieJar()
  let foldsCase = false
  let ednsFrom = 0
  const onWrong = (): void => {
    counters.wrong += 1
  }
  const ports = createPortPool(endpoint, open, { onWrong, judge: (reply, query) => cookies.judge(reply, judgeReply(reply, query)) })
  const stream = createStream({
    place: `${label} over tcp`,
    open: () => connectPlainly(endpoint),
    onWrong,
  })

  const compose = (question: Question) => (id: number) =>
    composeQuery(question, { id, randomizeCase: !foldsCase, edns: performance.now() >= ednsFrom, options: cookies.option() })

  /** A reply that can be used as it is costs no promise. */
  function ask(question: Question, timeoutMs: number, onMessage: OnMessage): void {
    ports.ask(compose(question), timeoutMs, (outcome) => {
      if (outcome instanceof UpstreamError) onMessage(outcome)
      else if (isUsable(outcome) && !refusesEdns(outcome.message)) onMessage(outcome.message)
      else askAgain(question, outcome, timeoutMs).then(onMessage, onMessage)
    })
  }

  /** An old server refuses what it does not know, and is asked again without (RFC 6891 sections 6.2.2 and 7). */
  async function askAgain(question: Question, reply: Reply, timeoutMs: number): Promise<Uint8Array> {
    const whole = isUsable(reply) ? reply.message : await askOverTcp(question, timeoutMs)
    if (!refusesEdns(whole)) return whole
    ednsFrom = performance.now() + EDNS_MEMORY_MS
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    ask(question, timeoutMs, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))
    return promise
  }

  function refusesEdns(message: Uint8Array): boolean {
    return rejectsEdns(message) && performance.now() >= ednsFrom
  }

  /** Nobody else can answer on a connection, so what differs here shows what the server does, not a forger. */
  async function askOverTcp(question: Question, timeoutMs: number): Promise<Uint8Array> {
    counters.overTcp += 1
    const { message, judgement } = await stream.ask(compose(question), timeoutMs)
    if (judgement === 'truncated') throw new UpstreamError('network', `${label} over tcp: truncated answer`)
    if (judgement === 'folded') foldsCase = true
    cookies.learn(message)
    return message
  }

  return {
    label,
    exchange: (question, timeoutMs) => counted(counters, (onMessage) => ask(question, timeoutMs, onMessage)),
    status: () => ({ server: label, ...counters, foldsCase }),
    close() {
      ports.close()
      stream.close()
    },
  }
}

/** A server that has not read the question has nothing else to say over TCP. */
function isUsable({ judgement }: Reply): boolean {
  return judgement === 'whole' || judgement === 'unread'
}
