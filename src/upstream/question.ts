import type { Name } from '../dns/name.ts'
import { encodeQuery, MOST_QUERY_OCTETS } from '../dns/query.ts'
import { randomOctets } from './random.ts'

/** What is asked of an upstream. The query is written afresh from it: nothing else of the client's travels. */
export interface Question {
  readonly name: Name
  readonly type: number
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
}

/** One random bit for each octet of the longest name in wire format. */
const CASE_BIT_OCTETS = 32

const scratch = new Uint8Array(MOST_QUERY_OCTETS)

/** The query in wire format, in storage of its own. Random letter case (0x20) is one more thing that a forger has to guess. */
export function composeQuery(question: Question, id: number, randomizeCase: boolean): Uint8Array {
  const length = encodeQuery({ ...question, id, randomizeCase }, scratch, randomOctets(CASE_BIT_OCTETS))
  return scratch.slice(0, length)
}
