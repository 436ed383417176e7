// The firewall in the kernel: our own table under a guard, and other people's sets where mirrored, over one netlink socket.

import { type Nftables, openNftables } from '../linux/nftables/nftables.ts'
import { type Probes, probeKernel } from '../linux/nftables/probe.ts'
import { openSetReader } from '../linux/nftables/set-reader.ts'
import type { Address } from '../net/address.ts'
import type { PortRange } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import { claimTable } from './claim.ts'
import { putElement, removeElement } from './element.ts'
import type { Firewall, FoundElement, Leftovers, Orders } from './firewall.ts'
import { createGuard, type TableGuard } from './guard.ts'
import type { Change, ElementSpec, ElementWrite, EndedElement } from './lease.ts'
import { createMirror } from './mirror.ts'
import type { KernelOptions } from './options.ts'

/** Opens the kernel's side, claims it and looks around. Changes nothing else yet. Throws ClaimedError, NetlinkError, SystemError. */
export function createKernelFirewall(options: KernelOptions): Firewall {
  const nftables = openNftables()
  const probes = probeKernel(nftables, options.firewall.guard === 'forward')
  const guard = guardOf(nftables, probes, options)
  if (guard?.protection !== 'owner') claimTable(nftables, options.firewall.table)
  const mirrors = options.firewall.mirror.map((mirror) => createMirror(nftables, probes, mirror))
  for (const mirror of mirrors) mirror.lookUp()

  /** Looks again for sets that were missing. */
  function obstacle(): string | undefined {
    for (const mirror of mirrors) if (mirror.problem !== undefined) mirror.lookUp()
    return mirrors.find((mirror) => mirror.problem !== undefined)?.problem
  }

  function specify(client: Client, address: Address, ports: readonly PortRange[]): readonly ElementSpec[] | undefined {
    const own = guard === undefined ? [] : guard.specify(client, address, ports)
    if (mirrors.length === 0) return own
    return own?.concat(mirrors.flatMap((mirror) => mirror.specify(address)))
  }

  function write(writes: readonly ElementWrite[], now: number): void {
    const transaction = nftables.begin()
    // Set by set, for those of one set that follow one another share a message. There are few sets.
    const targets = new Set(writes.map(({ spec }) => spec.target))
    for (const target of targets)
      for (const element of writes) if (element.spec.target === target) putElement(transaction, probes, element, now)
    nftables.commit(transaction)
  }

  function drop(ended: readonly EndedElement[], now: number): void {
    const transaction = nftables.begin()
    for (const element of ended) if (!element.target.timeouts || element.until > now) removeElement(transaction, probes, element)
    nftables.commit(transaction)
  }

  function leftovers(): Leftovers {
    const reader = openSetReader()
    function* slices(): Generator<readonly ElementSpec[]> {
      if (guard !== undefined) yield* guard.leftovers(reader)
      for (const mirror of mirrors) yield* mirror.leftovers(reader)
    }
    return { slices: slices(), fetch: reader.fetch, close: reader.close }
  }

  function look(specs: readonly ElementSpec[], now: number): readonly FoundElement[] {
    return [...(guard?.look(specs, now) ?? []), ...mirrors.flatMap((mirror) => mirror.look(specs, now))]
  }

  function apply(orders: Orders, change: Change, wall: number, now: number): boolean {
    if (guard !== undefined && !guard.apply(orders, change, wall, now)) return false
    for (const mirror of mirrors) mirror.apply(change, now)
    return true
  }

  return {
    probes,
    protection: guard?.protection ?? 'none',
    specify,
    obstacle,
    closed: () => guard?.closed() ?? [],
    ranges: () => guard?.ranges() ?? [],
    leftovers,
    look,
    synchronise: (orders, elements, wall, now) => {
      guard?.synchronise(orders, elements, wall, now)
      for (const mirror of mirrors) mirror.synchronise(elements, now)
    },
    apply,
    doubt: () => guard?.doubt(),
    lookUp: () => {
      for (const mirror of mirrors) mirror.lookUp()
      return mirrors.length > 0
    },
    write,
    drop,
    acquit: () => guard?.acquit(),
    // Every part is asked, whatever the others say: each has a socket to empty.
    poll: () => [guard, ...mirrors].map((part) => part?.poll() ?? false).includes(true),
    hasMoved: () => guard?.hasMoved() ?? false,
    egress: () => guard?.egress() ?? [],
    forget: (kind, keys) => guard?.forget(kind, keys),
    records: (kind) => guard?.records(kind) ?? [],
    close: () => {
      guard?.close()
      for (const mirror of mirrors) mirror.close()
      nftables.close()
    },
  }
}

function guardOf(nftables: Nftables, probes: Probes, options: KernelOptions): TableGuard | undefined {
  const { guard } = options.firewall
  return guard === 'none' ? undefined : createGuard(nftables, probes, { ...options.firewall, guard }, options)
}
