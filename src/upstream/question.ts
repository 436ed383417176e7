import type { Question } from '../dns/answer.ts'
import { copyForNow } from '../dns/octets.ts'
import { encodeQuery, type Manner, MOST_QUERY_OCTETS } from '../dns/query.ts'
import { randomOctets } from './random.ts'

/** What is asked of an upstream. The query is written afresh from it: nothing else of the client's travels. */
export type { Question }

/** One random bit for each octet of the longest name in wire format. */
const CASE_BIT_OCTETS = 32

const scratch = new Uint8Array(MOST_QUERY_OCTETS)

/** The query in wire format, to be kept while it is in flight. */
export function composeQuery(question: Question, manner: Manner): Uint8Array {
  const length = encodeQuery(question, manner, scratch, randomOctets(CASE_BIT_OCTETS))
  return copyForNow(scratch, length)
}
