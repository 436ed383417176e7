// What is wrong with the zone files, as the resolver's log tells it.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../log.ts'
import { consequenceOf, type Load } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'

export interface ReloadStatus {
  readonly at: number
  readonly outcome: 'loaded' | 'broken'
  readonly problems: readonly string[]
}

export interface ZoneReport {
  /** What a look has found. `isChange`: somebody has written a file, and hears what is wrong with it again. */
  note(load: Load, isChange: boolean): ReloadStatus
  /** The updater makes another policy of its files than we of ours: what we found is not what it has told. */
  insist(): void
}

/** @param isToldByUpdater an updater of the same log reads the same files, so that people would hear everything twice */
export function createZoneReport(log: Logger, isToldByUpdater: boolean): ZoneReport {
  let known: readonly string[] | undefined
  let untold: Load | undefined

  function note(load: Load, isChange: boolean): ReloadStatus {
    const problems = problemsOf(load).map(formatProblem)
    if (isChange || !isDeepStrictEqual(problems, known)) untold = load
    known = problems
    if (!isToldByUpdater) insist()
    return { at: Date.now(), outcome: load.kind, problems }
  }

  function insist(): void {
    if (untold === undefined) return
    for (const problem of problemsOf(untold)) {
      if (problem.severity === 'error') log.error({}, formatProblem(problem))
      else log.warn({}, formatProblem(problem))
    }
    if (untold.kind === 'broken') log.error({}, consequenceOf(untold))
    untold = undefined
  }

  return { note, insist }
}

function problemsOf(load: Load) {
  return load.kind === 'broken' ? load.problems : load.warnings
}
