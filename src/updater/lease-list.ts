// What is open, for whoever looks: so many rows and no more, however much is open.

import type { Address } from '../net/address.ts'
import { comparePorts, formatPortRange } from '../net/port.ts'
import type { ElementSpec, Grant } from './lease.ts'

/** One name that one client has open at one address. */
export interface LeaseStatus {
  readonly client: string
  readonly name: string
  readonly address: Address
  /** "tcp/443". */
  readonly ports: readonly string[]
  readonly remainingSeconds: number
}

/** A name that opened an address. */
export interface OpenedBy extends Omit<LeaseStatus, 'address'> {
  /** Wall clock, ms. */
  readonly until: number
}

export interface LeaseFilter {
  /** The id of a client, or one of its addresses; undefined: all. */
  readonly client?: string | undefined
  readonly most: number
}

export interface LeaseList {
  /** Those that fit the filter. */
  readonly count: number
  /** The first of them, by client and name. */
  readonly leases: readonly LeaseStatus[]
}

/** What is open. */
export interface Leases {
  grants(): IteratorObject<Grant>
  specsOf(grant: Grant): readonly ElementSpec[]
}

/** Sorts a few at a time: whoever looks at 50 does not wait until 262,144 are in order. */
export function listLeases(book: Leases, { client, most }: LeaseFilter, now: number): LeaseList {
  let first: Grant[] = []
  let last: Grant | undefined
  let count = 0
  for (const grant of book.grants()) {
    if (grant.until <= now || (client !== undefined && grant.clientId !== client && grant.source !== client)) continue
    count++
    if (last !== undefined && compareGrants(grant, last) > 0) continue
    first.push(grant)
    if (first.length < 2 * most) continue
    first = first.sort(compareGrants).slice(0, most)
    last = first.at(-1)
  }
  const rows = first.sort(compareGrants).slice(0, most)
  return { count, leases: rows.map((grant) => leaseStatus(book, grant, now)) }
}

/** The names that have `address` open, for each client. */
export function openersOf(book: Leases, address: Address, now: number, wall: number): readonly OpenedBy[] {
  const live = book.grants().filter((grant) => grant.address === address && grant.until > now)
  return [...live.map((grant) => ({ ...leaseStatus(book, grant, now), until: Math.round(wall + grant.until - now) }))]
}

function leaseStatus(book: Leases, grant: Grant, now: number): LeaseStatus {
  const ports = book.specsOf(grant).map(({ lease }) => lease.ports)
  return {
    client: grant.clientId,
    name: grant.name,
    address: grant.address,
    ports: [...new Set(ports.sort(comparePorts).map(formatPortRange))],
    remainingSeconds: Math.floor((grant.until - now) / 1000),
  }
}

function compareGrants(one: Grant, other: Grant): number {
  return compare(one.clientId, other.clientId) || compare(one.name, other.name) || compare(one.address, other.address)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
