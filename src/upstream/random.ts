import { randomFillSync } from 'node:crypto'

const POOL_OCTETS = 4096

const pool = new Uint8Array(POOL_OCTETS)
let used = POOL_OCTETS

/** Unpredictable octets that are handed out once (RFC 5452 section 9.2). Valid until the next call; a system call pays for hundreds. */
export function randomOctets(count: number): Uint8Array {
  const start = take(count)
  return pool.subarray(start, start + count)
}

/** A whole number from 0 to 65535. */
export function random16(): number {
  const start = take(2)
  return (pool[start]! << 8) | pool[start + 1]!
}

/** Where so many octets stand in the pool that have not been handed out. */
function take(count: number): number {
  if (used + count > POOL_OCTETS) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return used - count
}
