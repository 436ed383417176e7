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

/** A server asked in the clear: UDP first, TCP for what does not fit or cannot be trusted. All of it together takes no longer than the time given. */
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

  const compose = (question: Question, edns: boolean) => (id: number) =>
    composeQuery(question, { id, randomizeCase: !foldsCase, edns, options: cookies.option() })

  /** A reply that can be used as it is costs neither promise nor copy. */
  function ask(question: Question, timeoutMs: number, onMessage: OnMessage): void {
    const now = performance.now()
    const edns = now >= ednsFrom
    ports.ask(compose(question, edns), timeoutMs, (outcome) => {
      if (outcome instanceof UpstreamError) onMessage(outcome)
      else if (outcome.judgement === 'whole' && !(edns && rejectsEdns(outcome.message))) onMessage(outcome.message)
      else askAgain(question, edns, outcome, now + timeoutMs).then(onMessage, onMessage)
    })
  }

  /**
   * An old server refuses what it does not know, and is asked again without (RFC 6891 sections 6.2.2 and 7). `edns`: whether it was asked
   * with: another question may have found the server out since, and one that was asked without has been refused for another reason.
   */
  async function askAgain(question: Question, edns: boolean, reply: Reply, endsAt: number): Promise<Uint8Array> {
    if (!isRefusal(reply, edns)) {
      const whole = await askOverTcp(question, edns, leftUntil(endsAt))
      if (!edns || !rejectsEdns(whole)) return whole
    }
    ednsFrom = performance.now() + EDNS_MEMORY_MS
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    ask(question, leftUntil(endsAt), (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(copyOf(outcome))))
    return promise
  }

  /** Nobody else can answer on a connection, so what differs here shows what the server does, not a forger. */
  async function askOverTcp(question: Question, edns: boolean, timeoutMs: number): Promise<Uint8Array> {
    counters.overTcp += 1
    const { message, judgement } = await stream.ask(compose(question, edns), timeoutMs)
    if (judgement === 'truncated') throw new UpstreamError('network', `${label} over tcp: truncated answer`)
    if (judgement === 'folded') foldsCase = true
    cookies.learn(message)
    return message
  }

  return {
    label,
    exchange: (question, timeoutMs, onMessage) => ask(question, timeoutMs, counted(counters, onMessage)),
    status: () => ({ server: label, ...counters, foldsCase }),
    close() {
      ports.close()
      stream.close()
    },
  }
}

/** Of a reply that cannot be used: is it the server's word that it does not know OPT? One that has not read OPT has nothing else to say over TCP. */
function isRefusal({ judgement }: Reply, edns: boolean): boolean {
  return judgement === 'whole' || (judgement === 'unread' && edns)
}

function leftUntil(endsAt: number): number {
  return Math.max(1, Math.ceil(endsAt - performance.now()))
}

/** A Buffer's own `slice` is a view. */
function copyOf(message: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(message)
}
