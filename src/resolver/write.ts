// From what is settled to octets.

import type { Acceptance } from '../dns/accept.ts'
import type { ClientQuery } from '../dns/client-query.ts'
import { createExplanation } from '../dns/explanation.ts'
import { CLASS_IN } from '../dns/header.ts'
import { type Transport, writeAnswer, writeNegative } from '../dns/reply.ts'
import { EDE, RCODE } from '../dns/vocabulary.ts'
import type { Settled } from './settled.ts'

const ONLY_CLASS_IN = createExplanation(EDE.notSupported, 'only class IN is served')

/** Writes the reply and returns its length. `explain`: with the text of an Extended DNS Error, not its code alone. */
export function writeSettled(
  query: Uint8Array,
  question: ClientQuery,
  settled: Settled,
  ttlSeconds: number,
  transport: Transport,
  reply: Uint8Array,
  explain: boolean,
): number {
  const { template, rcode, explanation } = settled
  const option = explain ? explanation?.option : explanation?.bareOption
  if (template === undefined) return writeNegative(query, question, rcode, option, reply)
  return writeAnswer(query, question, template, ttlSeconds, transport, reply, option)
}

/** Refuses what is no query that we could judge, and returns the length of the reply: 0 for none. -1: it is one. */
export function writeRejection(query: Uint8Array, question: ClientQuery, acceptance: Acceptance, reply: Uint8Array): number {
  if (acceptance === 'ignore') return 0
  if (acceptance === 'format-error') return writeNegative(query, question, RCODE.FORMERR, undefined, reply)
  if (acceptance === 'no-question') return writeNegative(query, question, RCODE.NOERROR, undefined, reply)
  if (acceptance === 'not-implemented') return writeNegative(query, question, RCODE.NOTIMP, undefined, reply)
  if (question.edns.version > 0) return writeNegative(query, question, RCODE.BADVERS, undefined, reply)
  if (question.rrClass !== CLASS_IN) return writeNegative(query, question, RCODE.REFUSED, ONLY_CLASS_IN.option, reply)
  return -1
}
