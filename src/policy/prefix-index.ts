// The entries about addresses of the files of one scope, by prefix: one probe for each prefix length that occurs, however many entries
// there are. Prefixes are numbered like names, and everything else are numbers in flat arrays: nothing for the collector to trace.

import { ADDRESS_OCTETS, type Address, encodeAddress, type Family, familyOf } from '../net/address.ts'
import { NameTable, NO_NAME } from './name-table.ts'
import type { PrefixRule } from './rule.ts'
import { ENTRIES_A_STEP, type Steps } from './steps.ts'

const NO_ENTRY = -1
/** A prefix as octets: its length, then its address. How many there are tells the family. */
const LARGEST_KEY_OCTETS = 1 + ADDRESS_OCTETS[6]
const key = new Uint8Array(LARGEST_KEY_OCTETS)

export interface PrefixIndex {
  readonly rules: readonly PrefixRule[]
  /** The number of every prefix that has an entry. */
  readonly prefixes: NameTable
  /** By the number of a prefix its first entry; by entry the next of the same prefix, as in the files. */
  readonly first: Int32Array
  readonly next: Int32Array
  /** The lengths that occur, the longest first. */
  readonly lengths: Readonly<Record<Family, readonly number[]>>
}

export function* prefixIndexSteps(rules: readonly PrefixRule[]): Steps<PrefixIndex> {
  const prefixes = new NameTable({ names: rules.length, octets: rules.length * (1 + ADDRESS_OCTETS[4]) })
  const first = new Int32Array(rules.length).fill(NO_ENTRY)
  const next = new Int32Array(rules.length).fill(NO_ENTRY)
  const lengths = { 4: new Set<number>(), 6: new Set<number>() }
  // From the last to the first, so that each is put in front of what follows it.
  for (let entry = rules.length - 1; entry >= 0; entry--) {
    const { family, address, length } = rules[entry]!.prefix
    lengths[family].add(length)
    const end = writeAddress(address)
    key[0] = length
    const number = prefixes.add(key, 0, end)
    next[entry] = first[number]!
    first[number] = entry
    if (entry % ENTRIES_A_STEP === 0) yield
  }
  return { rules, prefixes, first, next, lengths: { 4: descending(lengths[4]), 6: descending(lengths[6]) } }
}

/** The entries whose prefixes contain the address: a group for each prefix, the longest first, in each as in the files. */
export function rulesAround(index: PrefixIndex, address: Address): readonly (readonly PrefixRule[])[] {
  const lengths = index.lengths[familyOf(address)]
  if (lengths.length === 0) return []
  const groups: PrefixRule[][] = []
  const end = writeAddress(address)
  for (const length of lengths) {
    clearBeyond(length, end)
    const number = index.prefixes.findOctets(key, 0, end)
    if (number !== NO_NAME) groups.push(rulesOf(index, number))
  }
  return groups
}

function rulesOf({ rules, first, next }: PrefixIndex, number: number): PrefixRule[] {
  const found: PrefixRule[] = []
  for (let entry = first[number]!; entry !== NO_ENTRY; entry = next[entry]!) found.push(rules[entry]!)
  return found
}

/** Writes the octets of an address into the key. Returns its end. */
function writeAddress(address: Address): number {
  const octets = encodeAddress(address)
  key.set(octets, 1)
  return 1 + octets.length
}

/** Makes the key that of the prefix of that length around what it holds. */
function clearBeyond(length: number, end: number): void {
  key[0] = length
  const partial = 1 + (length >> 3)
  if (partial === end) return
  key[partial]! &= 0xff00 >> (length & 7)
  key.fill(0, partial + 1, end)
}

function descending(lengths: ReadonlySet<number>): readonly number[] {
  return [...lengths].sort((one, other) => other - one)
}
