// Where names stand in RDATA. A type not listed here is opaque and copied octet by octet (RFC 3597 section 3).

import { TYPE } from './vocabulary.ts'

export interface RdataLayout {
  /** Octets before the first name. */
  readonly fixedOctets: number
  /** Character-strings behind those. */
  readonly strings: number
  readonly names: number
  /** Octets behind the last name. */
  readonly restOctets: number
  /** Only the types of RFC 1035 may be written compressed (RFC 3597 section 4). */
  readonly compressible: boolean
}

const ONE_NAME: RdataLayout = { fixedOctets: 0, strings: 0, names: 1, restOctets: 0, compressible: true }
const PREFERENCE_AND_NAME: RdataLayout = { ...ONE_NAME, fixedOctets: 2 }
const TWO_NAMES: RdataLayout = { ...ONE_NAME, names: 2 }

const MD = 3
const MF = 4
const MB = 7
const MG = 8
const MR = 9
const MINFO = 14
const RT = 21
const PX = 26

/** Types of RFC 1035 section 3.3, and those that RFC 3597 section 4 tells a receiver to decompress. */
const LAYOUTS: ReadonlyMap<number, RdataLayout> = new Map([
  [TYPE.NS, ONE_NAME],
  [MD, ONE_NAME],
  [MF, ONE_NAME],
  [TYPE.CNAME, ONE_NAME],
  [TYPE.SOA, { ...TWO_NAMES, restOctets: 20 }],
  [MB, ONE_NAME],
  [MG, ONE_NAME],
  [MR, ONE_NAME],
  [TYPE.PTR, ONE_NAME],
  [MINFO, TWO_NAMES],
  [TYPE.MX, PREFERENCE_AND_NAME],
  [TYPE.RP, { ...TWO_NAMES, compressible: false }],
  [TYPE.AFSDB, { ...PREFERENCE_AND_NAME, compressible: false }],
  [RT, { ...PREFERENCE_AND_NAME, compressible: false }],
  [PX, { ...TWO_NAMES, fixedOctets: 2, compressible: false }],
  [TYPE.SRV, { ...ONE_NAME, fixedOctets: 6, compressible: false }],
  [TYPE.NAPTR, { ...ONE_NAME, fixedOctets: 4, strings: 3, compressible: false }],
  [TYPE.KX, { ...PREFERENCE_AND_NAME, compressible: false }],
  [TYPE.DNAME, { ...ONE_NAME, compressible: false }],
])

export function layoutOf(type: number): RdataLayout | undefined {
  return LAYOUTS.get(type)
}
