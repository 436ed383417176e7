import type { PortRange } from '../net/port.ts'
import type { NameRule, PrefixRule } from './rule.ts'

export type Verdict = Allow | Deny

export interface Allow {
  readonly kind: 'allow'
  /** The entries that spoke, base first; empty when audited. */
  readonly rules: readonly NameRule[]
  readonly ports: readonly PortRange[]
  /** Types beyond A and AAAA. */
  readonly types: readonly number[]
  /** May special-purpose addresses be answered and opened? */
  readonly private: boolean
  /** Milliseconds since the epoch from which on the verdict may differ; Infinity: it stays. */
  readonly changesAt: number
  /** The denial that audit mode let through. */
  readonly audited: Deny | undefined
}

export interface Deny {
  readonly kind: 'deny'
  readonly reason: 'no-rule' | 'deny-rule' | 'expired' | 'special-use' | 'type'
  /** The deny entry, the expired entry that alone would have allowed, or for 'type' the entry that allows the name. */
  readonly rule: NameRule | undefined
  readonly rcode: 'NXDOMAIN' | 'NODATA'
  readonly changesAt: number
}

export type AddressVerdict = AddressAllow | AddressDeny

export interface AddressAllow {
  readonly kind: 'allow'
  readonly rules: readonly PrefixRule[]
  readonly ports: readonly PortRange[]
}

export interface AddressDeny {
  readonly kind: 'deny'
  readonly reason: 'no-rule' | 'deny-rule' | 'expired' | Screened
  readonly rule: PrefixRule | undefined
}

/** Why an address of an answer must not be opened. */
export type Screened = 'special-purpose' | 'metadata' | 'deny-rule' | 'never-open' | 'gateway'

/** A denial in words, by its reason. */
export const DENIAL_WORDS: Readonly<Record<Deny['reason'] | AddressDeny['reason'], string>> = {
  'no-rule': 'no entry mentions it',
  'deny-rule': 'an entry denies it',
  expired: 'the entry that allowed it has expired',
  'special-use': 'names of this special use are never looked up in the DNS',
  type: 'the record type is not among its types',
  'special-purpose': 'a special-purpose address opens with "private" only',
  metadata: 'cloud metadata services stay closed',
  gateway: 'the address is one of the gateway itself',
  'never-open': 'limits.neverOpen in the settings holds it',
}

/** Are they the same ports in the same order? What they open is the same then. */
export function areSamePorts(some: Allow['ports'], others: Allow['ports']): boolean {
  return (
    some.length === others.length &&
    some.every(({ protocol, first, last }, index) => {
      const other = others[index]!
      return protocol === other.protocol && first === other.first && last === other.last
    })
  )
}
