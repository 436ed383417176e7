// What resolver and updater say to each other, as values. The specification is in protocol.ts.

import type { Name } from '../dns/name.ts'
import type { Address, Family } from '../net/address.ts'

export const PROTOCOL_VERSION = 5

/** TTLs are 31 bits (RFC 2181 section 8). */
export const MAX_SECONDS = 2 ** 31 - 1

/** A DNS message of 65,535 octets holds no more address records. */
export const MAX_ADDRESSES = 4096

/** Open `addresses`, answered for `name`, for whoever `client` is. */
export interface OpenRequest {
  /** 32 bits. */
  readonly id: number
  readonly revision: string
  readonly client: Address
  readonly name: Name
  /** One at least, MAX_ADDRESSES at most. */
  readonly addresses: readonly Address[]
  readonly ttlSeconds: number
  /** The answer is beyond its time, handed out for want of a newer one: DNS has confirmed nothing. */
  readonly stale: boolean
}

/** Why nothing was opened: another revision; the policy denies the client or name; it forbids an address; a bound is reached; the kernel refused. */
export const REFUSAL_REASONS = ['revision', 'policy', 'address', 'limit', 'kernel'] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export type OpenReply =
  | { readonly id: number; readonly kind: 'open'; readonly leaseSeconds: number }
  | { readonly id: number; readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string }

/** What the updater has counted. MOST_FIGURES at most. */
export type Figures = Readonly<Record<string, number | readonly number[]>>

/** Some hundred, and two for each client that is told apart (policy/per-client.ts). */
export const MOST_FIGURES = 2_304

/** A client uses an address of this name, and what DNS said of it last is over. */
export interface NameInUse {
  readonly client: Address
  readonly name: Name
  readonly family: Family
}

export type ResolverMessage =
  | { readonly kind: 'hello' }
  | { readonly kind: 'open'; readonly requests: readonly OpenRequest[] }
  | { readonly kind: 'ready'; readonly revision: string }
  | { readonly kind: 'figures' }
  | { readonly kind: 'answering'; readonly revision: string }

export type UpdaterMessage =
  | { readonly kind: 'hello'; readonly revision: string; readonly generation: number }
  | { readonly kind: 'replies'; readonly replies: readonly OpenReply[] }
  | { readonly kind: 'next'; readonly revision: string }
  | { readonly kind: 'revision'; readonly revision: string }
  | { readonly kind: 'generation'; readonly generation: number }
  | { readonly kind: 'taken'; readonly pid: number }
  | { readonly kind: 'in-use'; readonly names: readonly NameInUse[] }
  | { readonly kind: 'figures'; readonly figures: Figures }
