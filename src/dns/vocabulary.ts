// The numbers of the DNS parameters registry that sallyport speaks of, under their registered mnemonics.

/** RR types and QTYPEs (RFC 6895). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  SIG: 24,
  KEY: 25,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const

/** Response codes, the extended one of EDNS included (RFC 6895 section 2.3). */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16, BADCOOKIE: 23 } as const

/** INFO-CODEs of Extended DNS Errors (RFC 8914 section 4; 25 to 29 from the registry). */
export const EDE = {
  other: 0,
  unsupportedDnskeyAlgorithm: 1,
  unsupportedDsDigestType: 2,
  staleAnswer: 3,
  forgedAnswer: 4,
  dnssecIndeterminate: 5,
  dnssecBogus: 6,
  signatureExpired: 7,
  signatureNotYetValid: 8,
  dnskeyMissing: 9,
  rrsigsMissing: 10,
  noZoneKeyBitSet: 11,
  nsecMissing: 12,
  cachedError: 13,
  notReady: 14,
  blocked: 15,
  censored: 16,
  filtered: 17,
  prohibited: 18,
  staleNxdomainAnswer: 19,
  notAuthoritative: 20,
  notSupported: 21,
  noReachableAuthority: 22,
  networkError: 23,
  invalidData: 24,
  signatureExpiredBeforeValid: 25,
  tooEarly: 26,
  unsupportedNsec3IterationsValue: 27,
  unableToConformToPolicy: 28,
  synthesized: 29,
} as const

const LAST_TYPE = 65_535
const MNEMONICS: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([mnemonic, type]) => [type, mnemonic]))
const TYPES: ReadonlyMap<string, number> = new Map(Object.entries(TYPE))

/** "A", or "TYPE65280" where we know no mnemonic (RFC 3597 section 5). */
export function typeName(type: number): string {
  return MNEMONICS.get(type) ?? `TYPE${type}`
}

/** The number of a mnemonic or of "TYPEnnn", in either case. Undefined: neither. */
export function parseType(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = TYPES.get(upper)
  if (known !== undefined) return known
  const type = /^TYPE(0|[1-9]\d{0,4})$/.exec(upper)?.[1]
  return type !== undefined && Number(type) <= LAST_TYPE ? Number(type) : undefined
}
