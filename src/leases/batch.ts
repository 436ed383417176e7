// Requests and replies ↔ batches of records. There is one of each for every new name; all else that is said is lines.
// The updater holds CAP_NET_ADMIN and distrusts whoever writes requests.

import { isName, type Name } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { BatchReader } from './batch-reader.ts'
import { BatchWriter, MOST_ADDRESS_OCTETS } from './batch-writer.ts'
import { wrong } from './error.ts'
import { BATCH } from './frame.ts'
import { MAX_ADDRESSES, MAX_SECONDS, type OpenReply, type OpenRequest, REFUSAL_REASONS } from './message.ts'

const REVISION_OCTETS = 8
/** Of a record without name, addresses and message: no record has more. */
const MOST_FIXED_OCTETS = 32
/** A message is for a log. */
const MOST_MESSAGE_CHARACTERS = 2048
const MOST_OCTETS_A_CHARACTER = 3
/** Of a reply: what is not open is refused for the reason of that number, counted from 1. */
const IS_OPEN = 0

/** One batch, or as many as revisions and the bound on its length make necessary. */
export function encodeRequests(requests: readonly OpenRequest[]): Uint8Array {
  const writer = new BatchWriter()
  let revision: string | undefined
  for (const request of requests) {
    if (request.revision !== revision || !writer.hasRoom(mostOctetsOf(request))) {
      revision = request.revision
      writer.begin(BATCH.OPEN)
      writer.hexadecimal(revision)
    }
    writeRequest(writer, request)
  }
  return writer.finish()
}

function mostOctetsOf({ name, addresses }: OpenRequest): number {
  return MOST_FIXED_OCTETS + name.length + addresses.length * MOST_ADDRESS_OCTETS
}

function writeRequest(writer: BatchWriter, { id, client, name, addresses, ttlSeconds, stale }: OpenRequest): void {
  writer.uint32(id)
  writer.uint32(ttlSeconds)
  writer.uint8(stale ? 1 : 0)
  writer.address(client)
  writer.text(name)
  writer.uint16(addresses.length)
  for (const address of addresses) writer.address(address)
}

/** Throws ProtocolError. */
export function decodeRequests(batch: Buffer): OpenRequest[] {
  const reader = new BatchReader(batch)
  const revision = reader.hexadecimal(REVISION_OCTETS, 'revision')
  const requests: OpenRequest[] = []
  do requests.push(readRequest(reader, revision))
  while (!reader.isAtEnd)
  return requests
}

function readRequest(reader: BatchReader, revision: string): OpenRequest {
  const id = reader.uint32('id')
  const ttlSeconds = secondsIn(reader, 'ttlSeconds')
  const stale = reader.uint8('stale')
  if (stale > 1) throw wrong('stale', '0 or 1', stale)
  const client = reader.address('client')
  const name = nameIn(reader)
  return { id, revision, client, name, addresses: addressesIn(reader), ttlSeconds, stale: stale === 1 }
}

function nameIn(reader: BatchReader): Name {
  const name = reader.ascii('name')
  if (!isName(name)) throw wrong('name', 'a canonical name', name)
  return name
}

function addressesIn(reader: BatchReader): readonly Address[] {
  const count = reader.uint16('addresses')
  if (count < 1 || count > MAX_ADDRESSES) throw wrong('addresses', `1 to ${MAX_ADDRESSES}`, count)
  const addresses: Address[] = []
  while (addresses.length < count) addresses.push(reader.address('addresses'))
  return addresses
}

/** One batch, or as many as the bound on its length makes necessary. */
export function encodeReplies(replies: readonly OpenReply[]): Uint8Array {
  const writer = new BatchWriter()
  for (const reply of replies) {
    const messageOctets = reply.kind === 'open' ? 0 : MOST_OCTETS_A_CHARACTER * MOST_MESSAGE_CHARACTERS
    if (!writer.hasRoom(MOST_FIXED_OCTETS + messageOctets)) writer.begin(BATCH.REPLIES)
    writeReply(writer, reply)
  }
  return writer.finish()
}

function writeReply(writer: BatchWriter, reply: OpenReply): void {
  writer.uint32(reply.id)
  if (reply.kind === 'open') {
    writer.uint8(IS_OPEN)
    writer.uint32(reply.leaseSeconds)
  } else {
    writer.uint8(1 + REFUSAL_REASONS.indexOf(reply.reason))
    writer.text(reply.message.slice(0, MOST_MESSAGE_CHARACTERS))
  }
}

/** Throws ProtocolError. */
export function decodeReplies(batch: Buffer): OpenReply[] {
  const reader = new BatchReader(batch)
  const replies: OpenReply[] = []
  do replies.push(readReply(reader))
  while (!reader.isAtEnd)
  return replies
}

function readReply(reader: BatchReader): OpenReply {
  const id = reader.uint32('id')
  const outcome = reader.uint8('outcome')
  if (outcome === IS_OPEN) return { id, kind: 'open', leaseSeconds: secondsIn(reader, 'leaseSeconds') }
  const reason = REFUSAL_REASONS[outcome - 1]
  if (reason === undefined) throw wrong('outcome', `0 to ${REFUSAL_REASONS.length}`, outcome)
  return { id, kind: 'refused', reason, message: reader.utf8('message') }
}

function secondsIn(reader: BatchReader, what: string): number {
  const seconds = reader.uint32(what)
  if (seconds > MAX_SECONDS) throw wrong(what, `a whole number from 0 to ${MAX_SECONDS}`, seconds)
  return seconds
}
