// What stands under a guard: our table, its protection from others, the notice of their changes.

import { NetlinkError, SystemError } from '../linux/error.ts'
import type { Nftables } from '../linux/nftables/nftables.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import { type TableWatch, watchTable } from '../linux/nftables/watch.ts'
import { describe, type GuardOptions } from './describe.ts'
import { endEarlierDns } from './earlier-dns.ts'
import { watchEgress } from './egress-watch.ts'
import type { Orders, Protection } from './firewall.ts'
import type { Change, Element } from './lease.ts'
import type { KernelOptions } from './options.ts'
import { createRoutingLocks, type RoutingLocks, removeLocks } from './routing-lock.ts'
import type { EgressRange, RulesetDescription } from './ruleset/description.ts'
import { type Recorded, readRecords } from './ruleset/record.ts'
import type { RecordKind } from './ruleset/sets.ts'
import { createOwnTable, type OwnTable } from './table.ts'

export interface TableGuard extends Pick<OwnTable, 'specify' | 'closed' | 'ranges' | 'leftovers' | 'look' | 'doubt' | 'forget'> {
  readonly protection: Protection
  synchronise(orders: Orders, elements: readonly Element[], wall: number, now: number): void
  apply(orders: Orders, change: Change, wall: number, now: number): boolean
  /** Nothing counts as closed lately any longer. Throws NetlinkError. */
  acquit(): void
  /** Has anyone else changed our table? Locks new interfaces too. */
  poll(): boolean
  /** By which address who leaves. */
  egress(): readonly EgressRange[]
  /** Have the addresses of this host changed, so that others leave by others? */
  hasMoved(): boolean
  records(kind: RecordKind): Iterable<readonly Recorded[]>
  close(): void
}

export function createGuard(nftables: Nftables, probes: Probes, firewall: GuardOptions, options: KernelOptions): TableGuard {
  const protection = protectionFor(probes, firewall)
  const table = createOwnTable(nftables, probes, firewall)
  let watch: TableWatch | undefined = watchTable({ family: 'inet', name: firewall.table }, nftables.portId)
  let description: RulesetDescription | undefined
  let locks: RoutingLocks | undefined
  let isSettled = false
  const egress = firewall.snat === undefined ? undefined : watchEgress(firewall.snat, options.log)

  function synchronise(orders: Orders, elements: readonly Element[], wall: number, now: number): void {
    description = describe(firewall, options, protection, orders, egress?.ranges(orders.policy) ?? [], wall, probes.countsFlows)
    const isNew = table.synchronise(description, elements, now)
    if (isNew || !isSettled) forgetEarlierDns()
    settle()
  }

  /** With the table, the first time that it stands: a lock without the chain that marks is a closed door. */
  function settle(): void {
    if (isSettled) return
    isSettled = true
    if (protection === 'lock') locks = createRoutingLocks(firewall.interfaces)
    else removeLocks(firewall.interfaces)
  }

  /** Without it they are refused all the same, until their clients have been silent for long enough. */
  function forgetEarlierDns(): void {
    try {
      const ended = endEarlierDns(firewall)
      if (ended > 0) options.log.info({ flows: ended }, 'DNS flows from before the guard are forgotten')
    } catch (error) {
      if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
      options.log.warn({ reason: error.message }, 'cannot forget DNS flows from before the guard: they get no answer until they end')
    }
  }

  function apply(orders: Orders, change: Change, wall: number, now: number): boolean {
    description = describe(firewall, options, protection, orders, egress?.ranges(orders.policy) ?? [], wall, probes.countsFlows)
    if (!table.apply(description, change, now)) return false
    if (!isSettled) forgetEarlierDns()
    settle()
    return true
  }

  function poll(): boolean {
    locks?.poll()
    const hasChanged = watch !== undefined && watch.poll().length > 0
    // Once the table is ours nobody else can change it, and for whoever listens the kernel writes a notice of each element of our own,
    // which is nearly half of what an element costs (bench: commit).
    if (isSettled && protection === 'owner') endWatch()
    return hasChanged
  }

  function endWatch(): void {
    watch?.close()
    watch = undefined
  }

  return {
    protection,
    specify: table.specify,
    closed: table.closed,
    ranges: table.ranges,
    leftovers: table.leftovers,
    look: table.look,
    synchronise,
    apply,
    doubt: table.doubt,
    acquit: table.acquit,
    poll,
    egress: () => description?.egress ?? [],
    hasMoved: () => egress?.hasMoved() ?? false,
    forget: table.forget,
    records: (kind) => (description === undefined ? [] : readRecords(nftables, description, kind)),
    close: () => {
      locks?.close()
      egress?.close()
      endWatch()
    },
  }
}

function protectionFor(probes: Probes, { ownerFlag, guard }: GuardOptions): Protection {
  if (ownerFlag === 'auto' && probes.owns) return 'owner'
  // Under guard `output` packets are our own host's: there is no incoming interface to lock.
  return guard === 'forward' ? 'lock' : 'none'
}
