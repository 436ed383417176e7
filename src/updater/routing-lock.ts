// Where the kernel cannot protect our table from others, routing closes the door: traffic from a guarded interface is
// routable only with a mark that our prerouting chain sets. A missing table then means no way out, not an open one.

import { openRoutes, type Routes, type RoutingLock, watchLinks, watchRules } from '../linux/route.ts'
import { matchesInterface } from '../net/interface-pattern.ts'

/** One bit, of those that Kubernetes, Calico, Cilium, Tailscale and Docker leave alone by default. */
export const LOCK_MARK = 0x0800_0000
/** After the kernel's `local` table (0), before `main` (32766). */
const LOCK_PREFERENCE = 5300

export interface RoutingLocks {
  /** Locks interfaces that have appeared since, and again those whose rules others have taken: systemd-networkd does, with rules that it does not know. */
  poll(): void
  close(): void
}

/** Locks every interface that is named or matches a pattern, now and later. Nothing but `removeLocks` unlocks. */
export function createRoutingLocks(patterns: readonly string[]): RoutingLocks {
  const routes = openRoutes()
  const [links, rules] = [watchLinks(), watchRules()]
  const locked = new Set<string>()

  function lockAll(): void {
    const exact = patterns.filter((pattern) => !pattern.endsWith('*'))
    const present = routes.links().map((link) => link.name)
    for (const name of [...exact, ...present.filter((link) => matchesAny(patterns, link))]) lock(name)
  }

  function lock(interfaceName: string): void {
    if (locked.has(interfaceName)) return
    routes.lock(lockOf(interfaceName))
    locked.add(interfaceName)
  }

  lockAll()
  return {
    poll: () => {
      const [haveLinksChanged, haveRulesChanged] = [links.poll(), rules.poll()]
      if (haveRulesChanged) locked.clear()
      if (haveLinksChanged || haveRulesChanged) lockAll()
    },
    close: () => {
      links.close()
      rules.close()
      routes.close()
    },
  }
}

/** Removes the locks of matching interfaces, of all by default; returns the interfaces that had one. */
export function removeLocks(patterns: readonly string[] = ['*']): readonly string[] {
  const routes = openRoutes()
  try {
    return unlockAll(routes, patterns)
  } finally {
    routes.close()
  }
}

function unlockAll(routes: Routes, patterns: readonly string[]): readonly string[] {
  const locks = routes.locks(LOCK_MARK).filter((lock) => matchesAny(patterns, lock.interfaceName))
  for (const lock of locks) routes.unlock(lock)
  return [...new Set(locks.map((lock) => lock.interfaceName))]
}

function lockOf(interfaceName: string): RoutingLock {
  return { interfaceName, mark: LOCK_MARK, preference: LOCK_PREFERENCE }
}

function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesInterface(pattern, name))
}
