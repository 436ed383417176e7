// Entries that nothing has used: found by judging again, with the policy of now, what was asked for and contacted.

import { comparePlaces, type Rule, type ZoneFile } from '../policy/rule.ts'
import type { View } from '../policy/view.ts'
import { coverageOf } from './coverage.ts'
import type { Observation } from './observation.ts'

/** Allow entries that would let none of the observations through, in file order. */
export function unusedEntries(
  files: readonly ZoneFile[],
  observations: readonly Observation[],
  viewOf: (client: string) => View | undefined,
  now: number,
): readonly Rule[] {
  const used = new Set(observations.flatMap((observation) => rulesUsed(observation, viewOf(observation.client), now)))
  const allows = files.flatMap(({ names, prefixes }): Rule[] => [...names, ...prefixes].filter(({ kind }) => kind === 'allow'))
  return allows.filter((rule) => !used.has(rule)).toSorted(comparePlaces)
}

function rulesUsed(observation: Observation, view: View | undefined, now: number): readonly Rule[] {
  if (view === undefined) return []
  const coverage = coverageOf(view, observation, now)
  return coverage.kind === 'refused' ? [] : coverage.rules
}
