// The chain of an answer section: qname → CNAME … → RRset. What is not on it does not exist for us.

import { ANCOUNT, CLASS_IN, HEADER_OCTETS } from './header.ts'
import { WireError } from './name.ts'
import { readUint16, readUint32 } from './octets.ts'
import { RecordCursor, skipName } from './records.ts'
import type { RecordPlace } from './section-writer.ts'
import { TYPE } from './vocabulary.ts'
import { WireName } from './wire-name.ts'

/** Real chains have three or four links; a longer one is a mistake or an attack. */
const MOST_LINKS = 16
/** What is longer counts as a week, and so does a TTL with the top bit set: RFC 8767 section 4, which amends RFC 2181 section 8. */
const LONGEST_TTL_SECONDS = 604_800

export interface Chain {
  /** CNAMEs in their order, then the RRset; with DNSSEC asked for, each RRset is followed by its signatures. */
  readonly records: readonly RecordPlace[]
  /** Does it end in an RRset of the type? */
  readonly complete: boolean
  /** The lowest TTL on it; Infinity where it has no record. */
  readonly ttlSeconds: number
  /** Offset of the name it ends with. */
  readonly endName: number
  /** Offset behind the answer section. */
  readonly sectionEnd: number
}

/** The RRsets of one owner that matter: of the type itself or, failing that, the CNAME. */
interface Link {
  rrset: RecordPlace[] | undefined
  /** The first: a second is one too many. */
  cname: RecordPlace | undefined
  signatures: RecordPlace[] | undefined
  /** Are there records of the type, wherever they belong? */
  typeSeen: boolean
}

const NO_RECORDS: readonly RecordPlace[] = []

const owner = new WireName()
const candidate = new WireName()
const cursor = new RecordCursor()

/** Follows the chain from the question. Throws WireError: malformed, a loop, over 16 links, or records that it does not reach. */
export function followChain(message: Uint8Array, type: number, dnssecOk: boolean): Chain {
  const section = skipName(message, HEADER_OCTETS, message.length) + 4
  let records: readonly RecordPlace[] = NO_RECORDS
  let endName = HEADER_OCTETS
  for (let links = 0; links <= MOST_LINKS; links++) {
    owner.read(message, endName, message.length)
    const { link, sectionEnd } = collectLink(message, section, type)
    const { rrset, cname } = link
    const complete = rrset !== undefined
    const onChain = rrset ?? (cname === undefined ? NO_RECORDS : [cname])
    const found = dnssecOk ? onChain.concat(signaturesOf(message, link, onChain[0]?.type)) : onChain
    records = records === NO_RECORDS ? found : records.concat(found)
    if (complete || cname === undefined) {
      if (!complete && link.typeSeen) throw new WireError('broken CNAME chain: records that it does not reach')
      return { records, complete, ttlSeconds: lowestTtl(message, records), endName, sectionEnd }
    }
    endName = cname.rdata
  }
  throw new WireError(`CNAME chain of more than ${MOST_LINKS} links`)
}

function collectLink(message: Uint8Array, section: number, type: number): { link: Link; sectionEnd: number } {
  const link: Link = { rrset: undefined, cname: undefined, signatures: undefined, typeSeen: false }
  cursor.start(message, message.length, section)
  for (let left = readUint16(message, ANCOUNT); left > 0; left--) {
    if (!cursor.advance()) throw new WireError('malformed record in the answer section')
    collectRecord(message, type, link)
  }
  return { link, sectionEnd: cursor.end }
}

function collectRecord(message: Uint8Array, type: number, link: Link): void {
  const isOfType = cursor.type === type
  if (cursor.rrClass !== CLASS_IN || !(isOfType || cursor.type === TYPE.CNAME || cursor.type === TYPE.RRSIG)) return
  if (isOfType) link.typeSeen = true
  candidate.read(message, cursor.owner, message.length)
  if (!candidate.equals(owner)) return
  const record = { owner: cursor.owner, type: cursor.type, rdata: cursor.rdata, end: cursor.end }
  if (isOfType) link.rrset = append(link.rrset, record)
  else if (cursor.type === TYPE.CNAME) link.cname ??= record
  else link.signatures = append(link.signatures, record)
}

/** A list of one takes that much room: one that has grown from none takes it for sixteen more, and most answers have one record. */
function append(records: RecordPlace[] | undefined, record: RecordPlace): RecordPlace[] {
  if (records === undefined) return [record]
  records.push(record)
  return records
}

/** The type covered opens the RDATA of a signature (RFC 4034 section 3.1). */
function signaturesOf(message: Uint8Array, { signatures = [] }: Link, type: number | undefined): RecordPlace[] {
  return signatures.filter(({ rdata, end }) => end - rdata > 2 && readUint16(message, rdata) === type)
}

function lowestTtl(message: Uint8Array, records: readonly RecordPlace[]): number {
  return records.reduce((lowest, record) => Math.min(lowest, ttlOf(message, record)), Number.POSITIVE_INFINITY)
}

/** The TTL of a record in seconds; the octets before RDLENGTH. */
export function ttlOf(message: Uint8Array, record: RecordPlace): number {
  return Math.min(readUint32(message, record.rdata - 6), LONGEST_TTL_SECONDS)
}
