// What an upstream response says, reduced to what a client may get: chain and RRset, or a negative answer with its SOA.

import { type Address, decodeAddress } from '../net/address.ts'
import { type Chain, followChain, ttlOf } from './chain.ts'
import { infoCodesOf } from './explanation.ts'
import { CLASS_IN, HEADER_OCTETS, NSCOUNT, QDCOUNT } from './header.ts'
import { decodeName, isBelow, type Name, WireError } from './name.ts'
import { readUint16, readUint32 } from './octets.ts'
import { RecordCursor } from './records.ts'
import { isAuthentic, isTruncated, RcodeError, rcodeOf } from './response.ts'
import type { RecordPlace } from './section-writer.ts'
import { buildTemplate, keepAnswers, type Template } from './template.ts'
import { RCODE, TYPE } from './vocabulary.ts'

export interface Question {
  readonly name: Name
  readonly type: number
  readonly dnssecOk: boolean
}

export interface Answer {
  readonly kind: 'data' | 'nodata' | 'nxdomain'
  /** The lowest of the chain; for negative answers RFC 2308's. Zero: not to be cached. */
  readonly ttlSeconds: number
  /** Of the RRset, each once. Empty for other types. */
  readonly addresses: readonly Address[]
  readonly template: Template
}

/** Decodes a complete response, and keeps none of its octets. Throws RcodeError: other than NOERROR and NXDOMAIN; WireError: malformed, not to this question, or no answer to it. */
export function decodeAnswer(message: Uint8Array, question: Question): Answer {
  if (message.length < HEADER_OCTETS) throw new WireError('response without a header')
  const rcode = rcodeOf(message)
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) throw new RcodeError(rcode, infoCodesOf(message))
  expectQuestion(message, question)
  if (isTruncated(message)) throw new WireError('truncated response')
  const chain = followChain(message, question.type, question.dnssecOk)
  const isNxdomain = rcode === RCODE.NXDOMAIN
  if (chain.complete && isNxdomain) throw new WireError('NXDOMAIN with an answer')
  return chain.complete ? positiveAnswer(message, chain) : negativeAnswer(message, chain, isNxdomain)
}

function expectQuestion(message: Uint8Array, question: Question): void {
  if (readUint16(message, QDCOUNT) !== 1) throw new WireError('response without a question')
  const { name, end } = decodeName(message, HEADER_OCTETS, message.length)
  if (end + 4 > message.length) throw new WireError('question runs past the end of the message')
  const isSame = name === question.name && readUint16(message, end) === question.type && readUint16(message, end + 2) === CLASS_IN
  if (!isSame) throw new WireError('response to another question')
}

function positiveAnswer(message: Uint8Array, { records, ttlSeconds }: Chain): Answer {
  const template = buildTemplate(message, { rcode: RCODE.NOERROR, authentic: isAuthentic(message) }, records, [])
  return { kind: 'data', ttlSeconds, addresses: addressesIn(message, records), template }
}

/** Each once. A list that is kept is made of one length: one that grows takes room for sixteen more. */
function addressesIn(message: Uint8Array, records: readonly RecordPlace[]): readonly Address[] {
  if (records.length === 1) {
    const address = addressOf(message, records[0]!)
    return address === undefined ? [] : [address]
  }
  const addresses = records.map((record) => addressOf(message, record)).filter((address) => address !== undefined)
  return [...new Set(addresses)]
}

/** The same answer to `name` without some of its addresses; undefined if none is left. Signatures and AD go too: they no longer hold. */
export function withoutAddresses(answer: Answer, name: Name, removed: ReadonlySet<Address>): Answer | undefined {
  const addresses = answer.addresses.filter((address) => !removed.has(address))
  if (addresses.length === 0) return undefined
  const template = keepAnswers(answer.template, name, (message, record) => {
    const address = addressOf(message, record)
    return record.type !== TYPE.RRSIG && (address === undefined || !removed.has(address))
  })
  return { ...answer, addresses, template: { ...template, authentic: false } }
}

function addressOf(message: Uint8Array, { type, rdata, end }: RecordPlace): Address | undefined {
  if (type !== TYPE.A && type !== TYPE.AAAA) return undefined
  if (end - rdata !== (type === TYPE.A ? 4 : 16)) throw new WireError(`address record of ${end - rdata} octets`)
  return decodeAddress(message, rdata, type === TYPE.A ? 4 : 6)
}

function negativeAnswer(message: Uint8Array, chain: Chain, isNxdomain: boolean): Answer {
  const soa = findSoa(message, chain, isNxdomain)
  const rcode = isNxdomain ? RCODE.NXDOMAIN : RCODE.NOERROR
  return {
    kind: isNxdomain ? 'nxdomain' : 'nodata',
    // Without an SOA nothing says for how long: not cached (RFC 2308 section 5).
    ttlSeconds: soa === undefined ? 0 : Math.min(chain.ttlSeconds, ttlOf(message, soa), soaMinimum(message, soa)),
    addresses: [],
    template: buildTemplate(message, { rcode, authentic: isAuthentic(message) }, chain.records, soa === undefined ? [] : [soa]),
  }
}

/** The SOA of a zone that the chain's last name is in. Throws WireError for a referral: NS without SOA (RFC 2308 section 2.2). */
function findSoa(message: Uint8Array, chain: Chain, isNxdomain: boolean): RecordPlace | undefined {
  const { name } = decodeName(message, chain.endName, message.length)
  const cursor = new RecordCursor()
  let hasNs = false
  cursor.start(message, message.length, chain.sectionEnd)
  for (let left = readUint16(message, NSCOUNT); left > 0; left--) {
    if (!cursor.advance()) throw new WireError('malformed record in the authority section')
    hasNs ||= cursor.type === TYPE.NS
    if (cursor.type !== TYPE.SOA || cursor.rrClass !== CLASS_IN) continue
    const zone = decodeName(message, cursor.owner, message.length).name
    if (name === zone || isBelow(name, zone)) return { owner: cursor.owner, type: cursor.type, rdata: cursor.rdata, end: cursor.end }
  }
  if (hasNs && !isNxdomain) throw new WireError('referral instead of an answer')
  return undefined
}

/** MINIMUM is the last field of an SOA (RFC 1035 section 3.3.13). */
function soaMinimum(message: Uint8Array, soa: RecordPlace): number {
  if (soa.end - soa.rdata < 22) throw new WireError('SOA record too short')
  return readUint32(message, soa.end - 4)
}
