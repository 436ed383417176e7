// One entry of connection tracking, read in place: there may be a quarter of a million. Attributes: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
import { type Address, decodeAddress, type Family } from '../net/address.ts'
import type { Endpoint } from '../net/endpoint.ts'
import { attributeEnd, findAttribute } from './netlink/reader.ts'

export const CTA = {
  TUPLE_ORIG: 1,
  TUPLE_REPLY: 2,
  STATUS: 3,
  TIMEOUT: 7,
  MARK: 8,
  COUNTERS_ORIG: 9,
  COUNTERS_REPLY: 10,
  ID: 12,
  ZONE: 18,
  MARK_MASK: 21,
  FILTER: 25,
} as const
/** Of linux/socket.h: what a message about an entry begins with. */
export const AF = { 4: 2, 6: 10 } as const
export const CTA_TUPLE = { IP: 1, PROTO: 2 } as const
export const CTA_IP = { 4: { SRC: 1, DST: 2 }, 6: { SRC: 3, DST: 4 } } as const
const CTA_PROTO = { NUM: 1, SRC_PORT: 2, DST_PORT: 3 } as const
const CTA_COUNTERS = { PACKETS: 1, BYTES: 2 } as const
const IPS_SEEN_REPLY = 2
const NFGENMSG_OCTETS = 4

/** A flow as its first packet had it, before any redirect. */
export interface Flow {
  readonly family: Family
  readonly source: Address
  readonly destination: Address
  /** IPPROTO_TCP 6, IPPROTO_UDP 17. */
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  /** Has a packet come the other way? */
  readonly replied: boolean
  /** The source that the other end sees: where its packets go. */
  readonly seenAs: Address
  readonly mark: number
}

/** Undefined for protocols without ports. */
export function readFlow(entry: Buffer): Flow | undefined {
  const family = entry[0] === AF[6] ? 6 : 4
  const tuple = find(entry, CTA.TUPLE_ORIG)
  if (tuple < 0) return undefined
  const end = attributeEnd(entry, tuple)
  const [addresses, ports] = [findAttribute(entry, tuple, end, CTA_TUPLE.IP), findAttribute(entry, tuple, end, CTA_TUPLE.PROTO)]
  if (addresses < 0 || ports < 0) return undefined
  const addressAt = (type: number) => findAttribute(entry, addresses, attributeEnd(entry, addresses), type)
  const portAt = (type: number) => findAttribute(entry, ports, attributeEnd(entry, ports), type)
  const [source, destination] = [addressAt(CTA_IP[family].SRC), addressAt(CTA_IP[family].DST)]
  const [sourcePort, destinationPort] = [portAt(CTA_PROTO.SRC_PORT), portAt(CTA_PROTO.DST_PORT)]
  if (source < 0 || destination < 0 || sourcePort < 0 || destinationPort < 0) return undefined
  return {
    family,
    source: decodeAddress(entry, source, family),
    destination: decodeAddress(entry, destination, family),
    protocol: entry[portAt(CTA_PROTO.NUM)]!,
    sourcePort: entry.readUInt16BE(sourcePort),
    destinationPort: entry.readUInt16BE(destinationPort),
    replied: hasReply(entry),
    seenAs: replyDestination(entry, family),
    mark: u32At(entry, CTA.MARK),
  }
}

function replyDestination(entry: Buffer, family: Family): Address {
  const tuple = find(entry, CTA.TUPLE_REPLY)
  const addresses = findAttribute(entry, tuple, attributeEnd(entry, tuple), CTA_TUPLE.IP)
  return decodeAddress(entry, findAttribute(entry, addresses, attributeEnd(entry, addresses), CTA_IP[family].DST), family)
}

/** Whose replies the flow takes: where its packets end up, whatever they were sent to. Undefined for protocols without ports. */
export function answererOf(entry: Buffer, family: Family): Endpoint | undefined {
  const tuple = find(entry, CTA.TUPLE_REPLY)
  if (tuple < 0) return undefined
  const end = attributeEnd(entry, tuple)
  const [addresses, ports] = [findAttribute(entry, tuple, end, CTA_TUPLE.IP), findAttribute(entry, tuple, end, CTA_TUPLE.PROTO)]
  const port = findAttribute(entry, ports, attributeEnd(entry, ports), CTA_PROTO.SRC_PORT)
  const source = findAttribute(entry, addresses, attributeEnd(entry, addresses), CTA_IP[family].SRC)
  return port < 0 || source < 0 ? undefined : { address: decodeAddress(entry, source, family), port: entry.readUInt16BE(port) }
}

export function hasReply(entry: Buffer): boolean {
  const status = find(entry, CTA.STATUS)
  return status >= 0 && (entry.readUInt32BE(status) & IPS_SEEN_REPLY) !== 0
}

/** Tells an entry from all others, later ones with the same addresses and ports included. */
export function idOf(entry: Buffer): number {
  return u32At(entry, CTA.ID)
}

type Direction = typeof CTA.COUNTERS_ORIG | typeof CTA.COUNTERS_REPLY

/** Packets of one direction; -1 where the kernel counts none: nf_conntrack_acct was off when the flow began. */
export function packetsOf(entry: Buffer, direction: Direction): number {
  return counterOf(entry, direction, CTA_COUNTERS.PACKETS)
}

/** Octets of one direction, with the headers of IP; -1 as for packets. */
export function octetsOf(entry: Buffer, direction: Direction): number {
  return counterOf(entry, direction, CTA_COUNTERS.BYTES)
}

function counterOf(entry: Buffer, direction: Direction, type: number): number {
  const counters = find(entry, direction)
  if (counters < 0) return -1
  const at = findAttribute(entry, counters, attributeEnd(entry, counters), type)
  return at < 0 ? -1 : entry.readUInt32BE(at) * 0x1_0000_0000 + entry.readUInt32BE(at + 4)
}

/** Seconds until the entry ends; each packet winds it up again. */
export function timeoutOf(entry: Buffer): number {
  return u32At(entry, CTA.TIMEOUT)
}

function u32At(entry: Buffer, type: number): number {
  const at = find(entry, type)
  return at < 0 ? 0 : entry.readUInt32BE(at)
}

function find(entry: Buffer, type: number): number {
  return findAttribute(entry, NFGENMSG_OCTETS, entry.length, type)
}
