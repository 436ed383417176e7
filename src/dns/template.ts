import { HEADER_OCTETS } from './header.ts'
import { encodeName, type Name } from './name.ts'
import { RecordCursor } from './records.ts'
import { type RecordPlace, SectionWriter } from './section-writer.ts'

const MOST_QUESTION_OCTETS = 259

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
  const writer = new SectionWriter(message, answers.length + authorities.length)
  for (const record of answers) writer.write(record)
  for (const record of authorities) writer.write(record)
  return {
    rcode,
    authentic,
    answers: answers.length,
    authorities: authorities.length,
    octets: writer.octets(),
    ttlOffsets: kept(writer.ttlOffsets),
  }
}

let lastOffsets: readonly number[] = []

/** Most answers have one record behind a pointer, so those that are kept can share one list. */
function kept(offsets: readonly number[]): readonly number[] {
  const isSame = offsets.length === lastOffsets.length && offsets.every((offset, index) => offset === lastOffsets[index])
  if (!isSame) lastOffsets = offsets
  return lastOffsets
}

/** The same for `name`, the one it was built for, with those of its answers that `keeps` says and without authorities. */
export function keepAnswers(template: Template, name: Name, keeps: (message: Uint8Array, record: RecordPlace) => boolean): Template {
  const message = new Uint8Array(HEADER_OCTETS + MOST_QUESTION_OCTETS + template.octets.length)
  const start = encodeName(name, message, HEADER_OCTETS) + 4
  message.set(template.octets, start)
  const cursor = new RecordCursor()
  cursor.start(message, start + template.octets.length, start)
  const kept: RecordPlace[] = []
  for (let left = template.answers; left > 0 && cursor.advance(); left--) {
    const { owner, type, rdata, end } = cursor
    const record = { owner, type, rdata, end }
    if (keeps(message, record)) kept.push(record)
  }
  return buildTemplate(message, template, kept, [])
}
