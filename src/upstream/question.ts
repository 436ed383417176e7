import type { Question } from '../dns/answer.ts'
import { copyForNow } from '../dns/octets.ts'
import { encodeQuery, type Manner, MOST_QUERY_OCTETS } from '../dns/query.ts'
import { randomOctets } from './random.ts'

/** What is asked of an upstream. The query is written afresh from it: nothing else of the client's travels. */
export type { Question }

const scratch = new Uint8Array(MOST_QUERY_OCTETS)

/** The query in wire format, to be kept while it is in flight. */
export function composeQuery(question: Question, manner: Manner): Uint8Array {
  const length = encodeQuery(question, manner, scratch, randomOctets(caseBitOctets(question)))
  return copyForNow(scratch, length)
}

/** A random bit for each octet of the name in wire format, which is at most two longer than its text. */
function caseBitOctets({ name }: Question): number {
  return (name.length + 2 + 7) >> 3
}
