import type { Address } from '../net/address.ts'
import type { Place } from '../net/place.ts'
import type { Prefix } from '../net/prefix.ts'
import type { View } from './view.ts'

/** What the firewall guards: nothing of ours, sandboxes behind this gateway, or this network namespace. */
export type Guard = 'none' | 'forward' | 'output'

/** A client as the settings name it, or whoever added it at run time. */
export interface ClientEntry extends Place {
  readonly name: string
  /** In a policy, those behind its interfaces are among them. */
  readonly prefixes: readonly Prefix[]
}

/** Who asks. */
export interface Client {
  /** "reviewer-7", or its address, or "host". */
  readonly id: string
  /** Is it named, by settings or at run time? */
  readonly named: boolean
  /** Whose budgets and limits it spends: whoever may choose among addresses has no more of them for it. */
  readonly payer: string
  readonly view: View
  /** What its set elements carry; empty where elements carry no client. */
  readonly addresses: readonly Address[]
  /** Families in which it may be answered. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean }
}
