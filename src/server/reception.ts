// Where clients' octets come in, whatever carried them: who asks, may it ask, is there room to wait. Home of the border's one catch.

import { ClientQuery } from '../dns/client-query.ts'
import { createExplanation, type Explanation } from '../dns/explanation.ts'
import { MOST_REPLY_OCTETS, type Transport, writeNegative } from '../dns/reply.ts'
import { EDE, RCODE } from '../dns/vocabulary.ts'
import type { Asker } from '../resolver/asker.ts'
import { PENDING, type Resolver } from '../resolver/resolver.ts'
import type { ServerCounters } from './counters.ts'
import type { ServerEndpoint } from './endpoint.ts'
import type { Gate } from './gate.ts'

const PROHIBITED = createExplanation(EDE.prohibited, 'this source may not ask here')
const OVERLOADED = createExplanation(EDE.notReady, 'too many queries are waiting')
const FAILED = createExplanation(EDE.other, 'internal error')

/** Whoever may not ask, all together: they may be as many as there are addresses. No client is called so. */
const STRANGERS = '(strangers)'

export interface ReceptionOptions {
  readonly resolver: Pick<Resolver, 'answer' | 'resolve'>
  readonly clientOf: ClientOf
  /** Queries that wait. */
  readonly gate: Gate
  readonly counters: ServerCounters
  onError(error: Error): void
}

/** Who asks from this source address; undefined: it may not ask. Called for every query, so it must be cheap. */
export type ClientOf = (source: string, endpoint: ServerEndpoint) => Asker | undefined

/** Which shares of the limits a source uses. */
export interface Shares {
  /** One that may choose among addresses has no more for it where it is known, and all that may not ask have one. */
  readonly payer: string
  /** Who has no name may have many addresses, by which it looks like many: all such that ask at one address of ours. */
  readonly crowd: string | undefined
}

export interface Reception {
  /** Writes the reply and returns its length, 0 if there is to be none, or PENDING: then `wait` must be called at once. Never throws. */
  answer(query: Uint8Array, length: number, source: string, endpoint: ServerEndpoint, transport: Transport, reply: Uint8Array): number
  sharesOf(source: string, endpoint: ServerEndpoint): Shares
  /** Hands over the reply of a query that is PENDING, later; empty if there is to be none. `query` must not change meanwhile. */
  wait(query: Uint8Array, source: string, endpoint: ServerEndpoint, transport: Transport, onReply: (reply: Uint8Array) => void): void
}

export function createReception({ resolver, clientOf, gate, counters, onError }: ReceptionOptions): Reception {
  const question = new ClientQuery()

  const answer: Reception['answer'] = (query, length, source, endpoint, transport, reply) => {
    try {
      const asker = clientOf(source, endpoint)
      if (asker === undefined) {
        counters.refused++
        return refuse(query, length, RCODE.REFUSED, PROHIBITED, reply)
      }
      const written = resolver.answer(query, length, asker, reply, transport)
      if (written !== PENDING || gate.enter(asker.client.payer, crowdOf(asker, endpoint))) return written
      counters.overloaded++
      return refuse(query, length, RCODE.SERVFAIL, OVERLOADED, reply)
    } catch (error) {
      return fail(error, query, length, reply)
    }
  }

  const wait: Reception['wait'] = (query, source, endpoint, transport, onReply) => {
    const asker = clientOf(source, endpoint)!
    const crowd = crowdOf(asker, endpoint)
    const end = (reply: Uint8Array): void => {
      gate.leave(asker.client.payer, crowd)
      onReply(reply)
    }
    resolver.resolve(query, asker, transport).then(end, (error) => {
      const reply = new Uint8Array(MOST_REPLY_OCTETS)
      end(reply.slice(0, fail(error, query, query.length, reply)))
    })
  }

  function fail(error: unknown, query: Uint8Array, length: number, reply: Uint8Array): number {
    counters.errors++
    onError(error as Error)
    return refuse(query, length, RCODE.SERVFAIL, FAILED, reply)
  }

  function refuse(query: Uint8Array, length: number, rcode: number, explanation: Explanation, reply: Uint8Array): number {
    return question.read(query, length) === 'ignore' ? 0 : writeNegative(query, question, rcode, explanation.option, reply)
  }

  function sharesOf(source: string, endpoint: ServerEndpoint): Shares {
    const asker = clientOf(source, endpoint)
    return asker === undefined ? { payer: STRANGERS, crowd: undefined } : { payer: asker.client.payer, crowd: crowdOf(asker, endpoint) }
  }

  return { answer, wait, sharesOf }
}

function crowdOf({ client }: Asker, { address }: ServerEndpoint): string | undefined {
  return client.named ? undefined : address
}
