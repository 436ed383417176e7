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
  readonly rrset: RecordPlace[]
  readonly cname: RecordPlace[]
  readonly signatures: RecordPlace[]
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
    const cname = link.cname[0]
    const complete = link.rrset.length > 0
    const onChain = complete ? link.rrset : link.cname.slice(0, 1)
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
  const link: Link = { rrset: [], cname: [], signatures: [], typeSeen: false }
  cursor.start(message, message.length, section)
  for (let left = readUint16(message, ANCOUNT); left > 0; left--) {
    if (!cursor.advance()) throw new WireError('malformed record in the answer section')
    collectRecord(message, type, link)
  }
  return { link, sectionEnd: cursor.end }
}

function collectRecord(message: Uint8Array, type: number, link: Link): void {
  const list = listFor(cursor.type, type, link)
  if (list === undefined || cursor.rrClass !== CLASS_IN) return
  if (cursor.type === type) link.typeSeen = true
  candidate.read(message, cursor.owner, message.length)
  if (candidate.equals(owner)) list.push({ owner: cursor.owner, type: cursor.type, rdata: cursor.rdata, end: cursor.end })
}

function listFor(recordType: number, type: number, link: Link): RecordPlace[] | undefined {
  if (recordType === type) return link.rrset
  if (recordType === TYPE.CNAME) return link.cname
  return recordType === TYPE.RRSIG ? link.signatures : undefined
}

/** The type covered opens the RDATA of a signature (RFC 4034 section 3.1). */
function signaturesOf(message: Uint8Array, link: Link, type: number | undefined): RecordPlace[] {
  return link.signatures.filter(({ rdata, end }) => end - rdata > 2 && readUint16(message, rdata) === type)
}

function lowestTtl(message: Uint8Array, records: readonly RecordPlace[]): number {
  return records.reduce((lowest, record) => Math.min(lowest, ttlOf(message, record)), Number.POSITIVE_INFINITY)
}

/** The TTL of a record in seconds; the octets before RDLENGTH. */
export function ttlOf(message: Uint8Array, record: RecordPlace): number {
  return Math.min(readUint32(message, record.rdata - 6), LONGEST_TTL_SECONDS)
}
