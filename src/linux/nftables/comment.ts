// Comments as nft(8) reads them: user data, which the kernel keeps and does not look at, holding type, length, value.
import type { Writer } from '../netlink/writer.ts'
import { UDATA } from './vocabulary.ts'

/** nft prints no comment over this many octets (NFTNL_UDATA_COMMENT_MAXLEN). */
const COMMENT_OCTETS = 128

/** Writes one comment as user data. Throws RangeError if nft would not print it. */
export function writeComment(writer: Writer, attribute: number, type: number, comment: string): void {
  refuseLong(comment)
  writer.userdata(attribute, type, comment)
}

function refuseLong(comment: string): void {
  const octets = Buffer.byteLength(comment)
  if (octets > COMMENT_OCTETS) throw new RangeError(`comment of ${octets} octets, the most is ${COMMENT_OCTETS}: "${comment}"`)
}

/** A set's user data: the byte order that nft prints its key in, and its comment. */
export function encodeSetUserdata(byteorder: number, comment: string): Uint8Array {
  refuseLong(comment)
  const order = new Uint8Array(new Uint32Array([byteorder]).buffer)
  const text = Buffer.from(`${comment}\0`)
  return Buffer.concat([Uint8Array.of(UDATA.SET_KEYBYTEORDER, 4), order, Uint8Array.of(UDATA.SET_COMMENT, text.length), text])
}

/** The comment in user data, whoever wrote it; undefined if there is none. */
export function decodeComment(type: number, userdata: Buffer | undefined): string | undefined {
  if (userdata === undefined) return undefined
  for (let offset = 0; offset + 2 <= userdata.length; offset += 2 + userdata[offset + 1]!) {
    const length = userdata[offset + 1]!
    if (userdata[offset] !== type) continue
    return userdata.toString('utf8', offset + 2, offset + 2 + length).replace(/\0.*$/s, '')
  }
  return undefined
}
