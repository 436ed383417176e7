// What is written to the decision log. A line is `seq`, `prev`, `time` and one of these; a change of meaning raises the version in `start`.

import type { Family } from '../net/address.ts'

/** Both processes write; each has a chain of its own. */
export type Stream = 'resolver' | 'updater'
export const STREAMS: readonly Stream[] = ['resolver', 'updater']

export const LOG_VERSION = 1

export interface RuleRef {
  readonly file: string
  readonly line: number
}

/** Who asked for what, and what came of it. */
export interface Decided {
  readonly client: string
  readonly name: string
  readonly type: string
  readonly verdict: 'allow' | 'deny' | 'audit'
  /** Of a denial, also of one that audit mode let through. */
  readonly reason?: string | undefined
  readonly rules: readonly RuleRef[]
  readonly revision: string
}

/** Who reached, or tried to reach, what: when first seen, and once a minute while it changes. */
export interface Contacted {
  readonly event: 'contact'
  readonly client: string
  readonly address: string
  readonly ports: string
  readonly names: readonly string[]
  readonly verdict: 'allow' | 'audit' | 'deny'
  readonly rules: readonly RuleRef[]
  readonly revision: string
  /** Since counting began: each grows until whoever counts begins anew. */
  readonly connections: number
  /** In both directions. Null: the kernel does not count them. */
  readonly packets: number | null
  readonly octets: number | null
  /** Counting began just now. */
  readonly anew?: true
}

export type JournalRecord =
  /** `after`: how the one before ended, as far as the log knows. `torn`: octets of an unfinished line that were cut off. */
  | {
      readonly event: 'start'
      readonly version: number
      readonly pid: number
      readonly after: 'nothing' | 'stop' | 'crash'
      readonly torn?: number
    }
  | { readonly event: 'stop' }
  /** Records that could not be written. */
  | { readonly event: 'lost'; readonly records: number; readonly reason: string }
  /** A file that is deleted next, because there are as many as the settings keep; `through`: its last record. */
  | { readonly event: 'discard'; readonly file: string; readonly through: number }
  | { readonly event: 'policy'; readonly revision: string; readonly entries: number }
  /** A distinct decision, when it is first seen. */
  | ({ readonly event: 'decision'; readonly addresses: readonly string[] } & Decided)
  /** How often it was asked for since it was last written. */
  | ({ readonly event: 'asked'; readonly count: number } & Decided)
  /** Questions beyond the distinct ones that one minute may write. */
  | { readonly event: 'unlisted'; readonly questions: number }
  /** A client has spent its budget below a wildcard; written once in its hour. `enforced`: what is beyond is denied. */
  | {
      readonly event: 'budget'
      readonly client: string
      readonly wildcard: string
      readonly names: number
      readonly octets: number
      readonly enforced: boolean
    }
  /** An address was taken out of an answer. */
  | { readonly event: 'screened'; readonly name: string; readonly address: string; readonly reason: string }
  /** Addresses that were too, of one client, beyond those that one minute may write. */
  | { readonly event: 'unrecorded'; readonly client: string; readonly screened: number }
  /** A firewall change: an element with its end, and the names that hold it. */
  | {
      readonly event: 'open'
      readonly client: string | undefined
      readonly address: string
      readonly ports: string
      readonly names: string
      readonly set: string
      readonly until: string
    }
  | {
      readonly event: 'close'
      readonly client: string | undefined
      readonly address: string
      readonly ports: string
      readonly set: string
      readonly why: 'ended' | 'policy'
    }
  /** The whole table was written anew. */
  | { readonly event: 'table'; readonly revision: string; readonly elements: number }
  /** Somebody has had a client join, change or leave at run time: written when it is on disk, and in force in the same moment or not at all. */
  | {
      readonly event: 'client'
      readonly change: 'joined' | 'left'
      readonly client: string
      readonly addresses: readonly string[]
      readonly interfaces: readonly string[]
      /** The beginning of its zone text, and the digest of the whole. */
      readonly zones: string
      readonly zonesSha256: string
      /** The process that called, and its user. */
      readonly by: { readonly pid: number; readonly uid: number } | null
    }
  | Contacted
  /** The kernel had no room for further contacts of a kind and family: what else there was in that minute is not known. */
  | { readonly event: 'crowded'; readonly kind: 'begun' | 'refused'; readonly family: Family; readonly listed: number }
  /** The resolver's chain is not what was signed before. */
  | { readonly event: 'broken'; readonly stream: Stream; readonly message: string }
