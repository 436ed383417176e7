// A firewall that tells of every change that the kernel has acknowledged, and who is told.

import type { PeerCredentials } from '../linux/peer.ts'
import { formatPortRange } from '../net/port.ts'
import type { Firewall } from './firewall.ts'
import type { ElementSpec, ElementWrite } from './lease.ts'

/** What changed in the kernel. `until` on the lease clock. */
export type FirewallChange =
  | { readonly kind: 'open'; readonly element: ChangedElement; readonly names: string; readonly until: number }
  | { readonly kind: 'close'; readonly element: ChangedElement; readonly why: 'ended' | 'policy' }
  | { readonly kind: 'table'; readonly revision: string; readonly elements: number }

export interface ChangedElement {
  readonly client: string | undefined
  readonly address: string
  readonly ports: string
  readonly set: string
}

/** Somebody has changed who the clients are. */
export interface MemberChange {
  readonly change: 'joined' | 'left'
  readonly client: string
  /** As it asked to be known; empty for one that has left. */
  readonly addresses: readonly string[]
  readonly interfaces: readonly string[]
  /** The text of its zones. */
  readonly zones: string
  /** The process that called, and its user; null: this process itself. */
  readonly by: Caller | null
}

export type Caller = Pick<PeerCredentials, 'pid' | 'uid'>

export interface ChangePorts {
  /** Must neither wait nor throw. */
  onChange(change: FirewallChange): void
  /** The same; called as soon as it is on disk. */
  onMember(change: MemberChange): void
  /** Why nothing may be opened now: changes cannot be recorded. Undefined: nothing stands against it. */
  obstacle(): string | undefined
}

export function noteChanges(firewall: Firewall, { onChange, obstacle }: Pick<ChangePorts, 'onChange' | 'obstacle'>): Firewall {
  function noteOpen(writes: readonly ElementWrite[]): void {
    for (const { spec, comment, until } of writes) onChange({ kind: 'open', element: changed(spec), names: comment, until })
  }

  return {
    ...firewall,
    obstacle: () => obstacle() ?? firewall.obstacle(),
    write: (writes, now) => {
      firewall.write(writes, now)
      noteOpen(writes)
    },
    drop: (ended, now) => {
      firewall.drop(ended, now)
      for (const element of ended) onChange({ kind: 'close', element: changed(element), why: 'ended' })
    },
    apply: (orders, change, wall, now) => {
      if (!firewall.apply(orders, change, wall, now)) return false
      for (const spec of change.remove) if ('lease' in spec) onChange({ kind: 'close', element: changed(spec), why: 'policy' })
      noteOpen(change.put)
      return true
    },
    synchronise: (orders, elements, wall, now) => {
      firewall.synchronise(orders, elements, wall, now)
      onChange({ kind: 'table', revision: orders.policy.revision, elements: elements.length })
    },
  }
}

function changed({ lease, target }: ElementSpec): ChangedElement {
  return { client: lease.client, address: lease.destination, ports: formatPortRange(lease.ports), set: target.id }
}
