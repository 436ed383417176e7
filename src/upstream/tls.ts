import { connectSecurely } from './connect.ts'
import { UpstreamError } from './error.ts'
import type { SecurePlace } from './place.ts'
import { composeQuery, type Question } from './question.ts'
import { createEncryptedServer, createServerCounters, type Server } from './server.ts'
import { createStream } from './stream.ts'

/** A server asked over TLS (RFC 7858): its name is checked, the connection kept, queries are pipelined and padded. */
export function createTlsServer(label: string, place: SecurePlace): Server {
  const counters = createServerCounters()
  let connections = 0
  const stream = createStream({
    place: label,
    open: () => connectSecurely(place, connections++, ['dot']),
    onWrong: () => {
      counters.wrong += 1
    },
  })

  /** Letter case need not be random where nobody can forge. */
  async function ask(question: Question, timeoutMs: number): Promise<Uint8Array> {
    const { message, judgement } = await stream.ask((id) => composeQuery(question, { id, randomizeCase: false, padded: true }), timeoutMs)
    if (judgement === 'truncated') throw new UpstreamError('network', `${label}: truncated answer`)
    return message
  }

  return createEncryptedServer(label, counters, { ask, close: stream.close })
}
