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

export interface Manner {
  readonly id: number
  /** Random letter case (0x20) is one more thing that a forger has to guess. */
  readonly randomizeCase: boolean
  readonly padded?: boolean
  readonly edns?: boolean
  readonly options?: Uint8Array
}

/** The query in wire format, in storage of its own. */
export function composeQuery({ name, type, dnssecOk, checkingDisabled }: Question, manner: Manner): Uint8Array {
  const length = encodeQuery({ name, type, dnssecOk, checkingDisabled, ...manner }, scratch, randomOctets(CASE_BIT_OCTETS))
  return scratch.slice(0, length)
}
