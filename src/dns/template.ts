import { type RecordPlace, SectionWriter } from './section-writer.ts'

/** The sections behind the question of a reply, ready to be copied there: it fits every query for the name it was built for. */
export interface Template {
  readonly rcode: number
  /** Upstream has validated all of it. */
  readonly authentic: boolean
  readonly answers: number
  readonly authorities: number
  /** Names are compressed against the qname at octet 12; every TTL is 0 until `writeAnswer` sets it. */
  readonly octets: Uint8Array
  /** Where the TTLs stand in `octets`. */
  readonly ttlOffsets: readonly number[]
}

/** Copies records of `message`, the answer section first. Throws WireError if one is malformed. */
export function buildTemplate(
  message: Uint8Array,
  { rcode, authentic }: Pick<Template, 'rcode' | 'authentic'>,
  answers: readonly RecordPlace[],
  authorities: readonly RecordPlace[],
): Template {
  const writer = new SectionWriter(message)
  for (const record of answers) writer.write(record)
  for (const record of authorities) writer.write(record)
  return {
    rcode,
    authentic,
    answers: answers.length,
    authorities: authorities.length,
    octets: writer.octets(),
    ttlOffsets: writer.ttlOffsets,
  }
}
