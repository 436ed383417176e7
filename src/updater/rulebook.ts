// The policy in force: read from the zone files by ourselves, watched, replaced whole or not at all.

import { isDeepStrictEqual } from 'node:util'
import { openRouteTable } from '../linux/route-table.ts'
import type { Logger } from '../log.ts'
import type { PortRange } from '../net/port.ts'
import { denyAll, type Policy } from '../policy/policy.ts'
import type { ZoneFile } from '../policy/rule.ts'
import { type Changed, NOTHING, union } from '../zones/changed.ts'
import type { ZoneFolders } from '../zones/load.ts'
import { consequenceOf, createLoader, type Load, type PolicySettings } from '../zones/loader.ts'
import { formatProblem, type Problem } from '../zones/parse.ts'
import { watchZones } from '../zones/watch.ts'

export interface RulesInForce {
  readonly policy: Policy
  /** The distinct port ranges that entries name: each has a set and a rule of its own. */
  readonly ranges: readonly PortRange[]
}

/** The last look at the zone files. */
export interface Reload {
  /** Wall clock, ms. */
  readonly at: number
  readonly outcome: 'loaded' | 'broken'
  /** Errors that kept the former policy in force, or warnings. */
  readonly problems: readonly Problem[]
}

export type Reloads = Readonly<Record<Reload['outcome'], number>>

export interface Rulebook {
  readonly inForce: RulesInForce
  /** False: no policy was valid since the start, and everything is denied. */
  readonly wasValid: boolean
  readonly reload: Reload
  readonly reloads: Reloads
  /** Looks at the zone files that may have changed, all unless told; calls `onChange` before it resolves, if they decide otherwise than before. */
  refresh(changed?: Changed): Promise<void>
  /** Looks again unless that revision is in force by then: whoever holds it has read files that we have not, or read earlier. */
  catchUp(revision: string): Promise<void>
  close(): Promise<void>
}

export interface RulebookOptions {
  readonly folders: ZoneFolders
  readonly settings: PolicySettings
  /** The folder of clients that joined at run time. */
  readonly joined: string
  readonly log: Logger
  readonly wallClock: () => number
  /** Before the change; the rules of before stay in force until it resolves. */
  prepare(next: RulesInForce): Promise<void>
  onChange(inForce: RulesInForce): void
}

/** Loads the zone files; with no valid policy, everything is denied until there is one. */
export async function openRulebook(options: RulebookOptions): Promise<Rulebook> {
  const { folders, settings, joined, log } = options
  const routes = openRouteTable()
  const load = createLoader(folders, settings, { joined, routes: routes.list })
  let inForce: RulesInForce = { policy: denyAll(settings), ranges: [] }
  let wasValid = false
  const reloads = { loaded: 0, broken: 0 }
  let reload: Reload | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let changed = NOTHING

  /** The rules that come into force next; undefined: those of now stay. */
  function accept(next: Load, suspects: Changed): RulesInForce | undefined {
    const before = reload
    reload = { at: options.wallClock(), outcome: next.kind, problems: next.kind === 'broken' ? next.problems : next.warnings }
    reloads[next.kind]++
    const standing = next.kind === 'loaded' ? next : next.standing
    // Whoever saves a file hears what is wrong with it each time; a look at all files that finds what is known has nothing to tell.
    if (suspects !== 'all' || !isDeepStrictEqual(before?.problems, reload.problems)) report(log, reload, next)
    if (standing === undefined) return undefined
    wasValid = true
    if (standing.policy.revision === inForce.policy.revision) return undefined
    return { policy: standing.policy, ranges: rangesOf(standing.files) }
  }

  async function look(): Promise<void> {
    const suspects = changed
    changed = NOTHING
    const after = accept(await load(suspects), suspects)
    if (after === undefined) return
    await options.prepare(after)
    inForce = after
    options.onChange(inForce)
  }

  /** One look at a time. Whoever comes during one shares the next: the running one may have read a file too early. */
  function refresh(news: Changed = 'all'): Promise<void> {
    changed = union(changed, news)
    if (running === undefined) {
      running = look().finally(() => {
        running = undefined
      })
      return running
    }
    next ??= running.then(() => {
      next = undefined
      return refresh(NOTHING)
    })
    return next
  }

  async function catchUp(revision: string): Promise<void> {
    await running
    if (inForce.policy.revision !== revision) await refresh()
  }

  inForce = accept(await load(), 'all') ?? inForce
  const watch = watchZones(folders, (news) => void refresh(news), log)
  return {
    get inForce() {
      return inForce
    },
    get wasValid() {
      return wasValid
    },
    get reload() {
      return reload!
    },
    reloads,
    refresh,
    catchUp,
    close: async () => {
      await watch.close()
      await running
      routes.close()
    },
  }
}

function report(log: Logger, { problems }: Reload, load: Load): void {
  for (const problem of problems) {
    if (problem.severity === 'error') log.error(formatProblem(problem))
    else log.warn(formatProblem(problem))
  }
  if (load.kind === 'broken') log.error(consequenceOf(load))
}

function rangesOf(files: readonly ZoneFile[]): readonly PortRange[] {
  return distinctRanges(files.flatMap(rangesIn))
}

export function distinctRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  return [...new Map(ranges.map((range) => [`${range.protocol}/${range.first}-${range.last}`, range])).values()]
}

/** Files that have not changed are the same objects at each reload, and are looked through once. */
function rangesIn(file: ZoneFile): readonly PortRange[] {
  const known = rangesOfFile.get(file)
  if (known !== undefined) return known
  const ports = file.names.terms.flatMap(({ ports }) => ports)
  const ranges = ports.filter(({ protocol, first, last }) => protocol !== 'any' && first !== last)
  rangesOfFile.set(file, ranges)
  return ranges
}

const rangesOfFile = new WeakMap<ZoneFile, readonly PortRange[]>()
