// Which policy the resolver answers by. The zone files say what comes next, the updater when it begins.

import type { Logger } from '../log.ts'
import { denyAll, type Policy } from '../policy/policy.ts'
import { type Changed, NOTHING, union } from '../zones/changed.ts'
import type { ZoneFolders } from '../zones/load.ts'
import type { Loader, PolicySettings } from '../zones/loader.ts'
import { watchZones } from '../zones/watch.ts'
import type { ReloadStatus, ZoneReport } from './zone-report.ts'

export interface PolicyFeedOptions {
  readonly folders: ZoneFolders
  readonly load: Loader
  /** The revision in force with the updater; undefined while it is away. */
  readonly confirmedRevision: () => string | undefined
  /** Tells the updater of a policy that begins once it is in force there. */
  readonly ready: (revision: string) => void
  readonly onPolicy: (policy: Policy) => void
  readonly report: ZoneReport
  readonly log: Logger
}

export interface PolicyStatus {
  readonly revision: string
  readonly entries: number
  readonly waitingFor: string | undefined
  /** False: none was valid since the start, and every name is denied. */
  readonly wasValid: boolean
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

export async function loadFirstPolicy(load: Loader, settings: PolicySettings, report: ZoneReport): Promise<FirstPolicy> {
  const loaded = await load()
  const reload = report.note(loaded, true)
  return { policy: loaded.kind === 'loaded' ? loaded.policy : denyAll(settings), reload }
}

export function createPolicyFeed(first: FirstPolicy, options: PolicyFeedOptions): PolicyFeed {
  let current = first.policy
  let next: Policy | undefined
  let { reload } = first
  let wasValid = reload.outcome === 'loaded'
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
      reload = options.report.note(load, suspects !== 'all')
      reloads[load.kind]++
      const standing = load.kind === 'loaded' ? load : load.standing
      if (standing === undefined) continue
      wasValid = true
      propose(standing.policy)
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

  /** An updater that is ahead has seen files that we have not, unless we are reading them, or cannot. */
  async function catchUp(revision: string): Promise<void> {
    await loading
    if (holds(revision)) return
    refresh('all')
    await loading
    if (!holds(revision)) options.report.insist()
  }

  function holds(revision: string): boolean {
    return current.revision === revision || next?.revision === revision
  }

  return {
    revisionAnnounced,
    nextAnnounced,
    status: () => ({ revision: current.revision, entries: current.ruleCount, waitingFor: next?.revision, wasValid, reload, reloads }),
    async close() {
      await watch.close()
      await loading
    },
  }
}
