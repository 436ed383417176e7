import { randomFillSync } from 'node:crypto'

const POOL_OCTETS = 4096

const pool = new Uint8Array(POOL_OCTETS)
let used = POOL_OCTETS

/** Unpredictable octets that are handed out once (RFC 5452 section 9.2). Valid until the next call; a system call pays for hundreds. */
export function randomOctets(count: number): Uint8Array {
  if (used + count > POOL_OCTETS) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}

/** A whole number from 0 to 65535. */
export function random16(): number {
  const octets = randomOctets(2)
  return (octets[0]! << 8) | octets[1]!
}
