// The vocabulary of the updater. A grant is what a request was entitled to: this name opened this address for this
// client until then. An element is what the kernel holds for one or more grants.

import type { OpenRequest } from '../leases/protocol.ts'
import type { TableRef } from '../linux/nftables/nftables.ts'
import type { Address } from '../net/address.ts'
import type { LeaseLimits } from './options.ts'
import type { LeaseKey } from './ruleset/key.ts'

export type Name = OpenRequest['name']

/** A hash set that we fill: one of our own table, or a mirror set. */
export interface Target {
  /** Names the set among all sets. */
  readonly id: string
  readonly table: TableRef
  readonly set: string
  /** Without timeouts in the set, elements are deleted when their lease ends. */
  readonly timeouts: boolean
  /** Ours are told from other people's by it; '' in our own table. */
  readonly commentPrefix: string
  /** The octets of an element's key. */
  encodeKey(lease: LeaseKey): Uint8Array
}

/** Which element of which set. */
export interface ElementSpec {
  readonly target: Target
  readonly lease: LeaseKey
}

/** An element that nobody in the book holds, as the kernel names it. */
export interface StrayElement {
  readonly target: Target
  readonly key: Uint8Array
}

export interface Element {
  readonly spec: ElementSpec
  /** The latest end of its grants (ms, lease clock). */
  readonly until: number
  /** That its grants make. */
  readonly comment: string
}

export interface Holder {
  readonly clientId: string
  /** An address by which the policy knows the client. */
  readonly source: Address
  readonly name: Name
  readonly address: Address
}

export interface Grant extends Holder {
  /** Whose limit it counts against (policy/client.ts). */
  readonly payer: string
  readonly until: number
  /** When the TTL ends with which DNS named the address last. */
  readonly freshUntil: number
  /** Until when use may keep it open: so long DNS's word is taken. Zero where it is not known how old that word is. */
  readonly confirmedUntil: number
}

/** A grant to be: accepted, not yet acknowledged by the kernel. */
export interface Opening extends Grant {
  readonly specs: readonly ElementSpec[]
}

/** A grant that has been, and what it held. */
export interface Ended extends Holder {
  readonly specs: readonly ElementSpec[]
}

/** An element that nobody holds any more. */
export interface EndedElement extends ElementSpec {
  /** When the kernel drops it by itself, where it has a timeout there. */
  readonly until: number
}

/** One element to bring into the kernel. `renew`: it is there with another comment or a longer time. */
export interface ElementWrite {
  readonly spec: ElementSpec
  readonly until: number
  readonly comment: string
  readonly renew: boolean
}

/** From what the kernel holds to what it should hold. */
export interface Change {
  readonly put: readonly ElementWrite[]
  readonly remove: readonly (ElementSpec | StrayElement)[]
}

export function isSameElement(one: ElementSpec, other: ElementSpec): boolean {
  const [a, b] = [one.lease, other.lease]
  if (one.target !== other.target || a.client !== b.client || a.destination !== b.destination) return false
  return a.ports.protocol === b.ports.protocol && a.ports.first === b.ports.first && a.ports.last === b.ports.last
}

/** What tells elements apart, as a key of a map. */
export function elementText({ target, lease: { client, destination, ports } }: ElementSpec): string {
  return `${target.id} ${client} ${destination} ${ports.protocol} ${ports.first} ${ports.last}`
}

/** max(TTL, least TTL) + margin, within the longest lease. */
export function leaseSeconds(ttlSeconds: number, { leastTtlSeconds, marginSeconds, longestLeaseSeconds }: LeaseLimits): number {
  return Math.min(Math.max(ttlSeconds, leastTtlSeconds) + marginSeconds, longestLeaseSeconds)
}
