// Which policy the resolver answers by. The zone files say what comes next, the updater when it begins.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../log.ts'
import { denyAll, type Policy } from '../policy/policy.ts'
import { type Changed, NOTHING, union } from '../zones/changed.ts'
import type { ZoneFolders } from '../zones/load.ts'
import { consequenceOf, type Load, type Loader, type PolicySettings } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'
import { watchZones } from '../zones/watch.ts'

export interface PolicyFeedOptions {
  readonly folders: ZoneFolders
  readonly load: Loader
  /** The revision in force with the updater; undefined while it is away. */
  readonly confirmedRevision: () => string | undefined
  /** Tells the updater of a policy that begins once it is in force there. */
  readonly ready: (revision: string) => void
  readonly onPolicy: (policy: Policy) => void
  readonly log: Logger
}

export interface ReloadStatus {
  readonly at: number
  readonly outcome: 'loaded' | 'broken'
  readonly problems: readonly string[]
}

export interface PolicyStatus {
  readonly revision: string
  readonly entries: number
  readonly waitingFor: string | undefined
  readonly reload: ReloadStatus
  /** Looks at the zone files since the start. */
  readonly reloads: Readonly<Record<ReloadStatus['outcome'], number>>
}

export interface PolicyFeed {
  /** To be called when the updater has announced a revision, or is gone. */
  revisionAnnounced(): void
  /** To be called when the updater has said which revision comes next. */
  nextAnnounced(revision: string): void
  status(): PolicyStatus
  close(): Promise<void>
}

/** What a resolver starts with: the policy of the files, or one that denies everything if they are broken. */
export interface FirstPolicy {
  readonly policy: Policy
  readonly reload: ReloadStatus
}

export async function loadFirstPolicy(load: Loader, settings: PolicySettings, log: Logger): Promise<FirstPolicy> {
  const loaded = await load()
  const reload = report(loaded, log)
  return { policy: loaded.kind === 'loaded' ? loaded.policy : denyAll(settings), reload }
}

export function createPolicyFeed(first: FirstPolicy, options: PolicyFeedOptions): PolicyFeed {
  let current = first.policy
  let next: Policy | undefined
  let { reload } = first
  const reloads = { loaded: 0, broken: 0, [reload.outcome]: 1 }
  let loading: Promise<void> | undefined
  let again = false
  let changed = NOTHING
  const watch = watchZones(options.folders, refresh, options.log)

  /** One load at a time; what changes meanwhile is loaded afterwards. */
  function refresh(news: Changed): void {
    again = true
    changed = union(changed, news)
    loading ??= loadUntilSettled().finally(() => {
      loading = undefined
    })
  }

  async function loadUntilSettled(): Promise<void> {
    while (again) {
      again = false
      const suspects = changed
      changed = NOTHING
      const load = await options.load(suspects)
      reload = report(load, options.log, suspects === 'all' ? reload : undefined)
      reloads[load.kind]++
      const standing = load.kind === 'loaded' ? load : load.standing
      if (standing !== undefined) propose(standing.policy)
    }
  }

  function propose(policy: Policy): void {
    const { revision } = policy
    if (revision === current.revision) {
      next = undefined
      return
    }
    next = policy
    putInForce()
    if (options.confirmedRevision() !== revision) options.ready(revision)
  }

  /**
   * A policy begins when the updater has left the one of now for it. While the updater is away, or of a third mind, nothing can be opened,
   * so it may begin at once: what has been taken back is not to be asked upstream because the two have read different files.
   */
  function putInForce(): void {
    if (next === undefined || options.confirmedRevision() === current.revision) return
    current = next
    next = undefined
    options.onPolicy(current)
    options.log.info({ revision: current.revision, entries: current.ruleCount }, 'policy is in force')
  }

  function revisionAnnounced(): void {
    putInForce()
    const confirmed = options.confirmedRevision()
    if (confirmed !== undefined) void catchUp(confirmed)
  }

  function nextAnnounced(revision: string): void {
    if (next?.revision === revision) options.ready(revision)
    else void catchUp(revision)
  }

  /** An updater that is ahead has seen files that we have not, unless we are reading them. */
  async function catchUp(revision: string): Promise<void> {
    await loading
    if (current.revision !== revision && next?.revision !== revision) refresh('all')
  }

  return {
    revisionAnnounced,
    nextAnnounced,
    status: () => ({ revision: current.revision, entries: current.ruleCount, waitingFor: next?.revision, reload, reloads }),
    async close() {
      await watch.close()
      await loading
    },
  }
}

/** `known`: what has been said before, and is not said again. */
function report(load: Load, log: Logger, known?: ReloadStatus): ReloadStatus {
  const problems = load.kind === 'broken' ? load.problems : load.warnings
  const status = { at: Date.now(), outcome: load.kind, problems: problems.map(formatProblem) }
  if (isDeepStrictEqual(status.problems, known?.problems)) return status
  for (const problem of problems) {
    if (problem.severity === 'error') log.error({}, formatProblem(problem))
    else log.warn({}, formatProblem(problem))
  }
  if (load.kind === 'broken') log.error({}, consequenceOf(load))
  return status
}
