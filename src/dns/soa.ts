import { CLASS_IN } from './header.ts'
import { encodeName, parseName, ROOT } from './name.ts'
import { writeUint16, writeUint32 } from './octets.ts'
import { TYPE } from './vocabulary.ts'

/** TTL and MINIMUM: a name that has just been allowed is asked for again this soon. */
export const NEGATIVE_TTL_SECONDS = 5

/** The values of RFC 6303 section 3, but for the minimum. */
const SERIAL = 1
const REFRESH_SECONDS = 3600
const RETRY_SECONDS = 1200
const EXPIRE_SECONDS = 604_800

/**
 * The SOA of every negative answer of our own, encoded once. Its owner is the root, of which every name is a part: the qname as owner
 * would say that the name exists.
 */
export const SOA_RECORD: Uint8Array = encodeSoa()

function encodeSoa(): Uint8Array {
  const octets = new Uint8Array(512)
  const fixed = encodeName(ROOT, octets, 0)
  writeUint16(octets, fixed, TYPE.SOA)
  writeUint16(octets, fixed + 2, CLASS_IN)
  writeUint32(octets, fixed + 4, NEGATIVE_TTL_SECONDS)
  const rdata = fixed + 10
  const numbers = encodeName(parseName('nobody.invalid'), octets, encodeName(parseName('sallyport.invalid'), octets, rdata))
  const values = [SERIAL, REFRESH_SECONDS, RETRY_SECONDS, EXPIRE_SECONDS, NEGATIVE_TTL_SECONDS]
  values.forEach((value, index) => void writeUint32(octets, numbers + 4 * index, value))
  const end = numbers + 4 * values.length
  writeUint16(octets, fixed + 8, end - rdata)
  return octets.slice(0, end)
}
