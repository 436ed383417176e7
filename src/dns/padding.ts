// EDNS padding (RFC 7830), by the policy of RFC 8467: lengths say less about what is asked where nobody can read it.

import { writeUint16 } from './octets.ts'

/** Queries are padded to a multiple of this (RFC 8467 section 4.1). */
const BLOCK_OCTETS = 128
const OPTION_CODE = 12
const OPTION_HEADER_OCTETS = 4

/** The option that brings a query of `octets` without it to the next block. */
export function paddingOption(octets: number): Uint8Array {
  const padding = (BLOCK_OCTETS - ((octets + OPTION_HEADER_OCTETS) % BLOCK_OCTETS)) % BLOCK_OCTETS
  const option = new Uint8Array(OPTION_HEADER_OCTETS + padding)
  writeUint16(option, 0, OPTION_CODE)
  writeUint16(option, 2, padding)
  return option
}
