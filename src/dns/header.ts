// The fixed part of every message (RFC 1035 section 4.1.1): where its fields stand and what its bits mean.

export const HEADER_OCTETS = 12

/** Octet 2. */
export const QR = 0x80
export const OPCODE = 0x78
export const AA = 0x04
export const TC = 0x02
export const RD = 0x01

/** Octet 3. AD and CD are RFC 4035's. */
export const RA = 0x80
export const AD = 0x20
export const CD = 0x10
export const RCODE_BITS = 0x0f

/** First octets of the four counts. */
export const QDCOUNT = 4
export const ANCOUNT = 6
export const NSCOUNT = 8
export const ARCOUNT = 10

/** The one class we speak; what else a question may ask for is refused. */
export const CLASS_IN = 1
