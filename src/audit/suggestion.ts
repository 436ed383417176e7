// The whole of a suggestion: what would be written, and what it would still not let through. It is judged by building the policy anew.

import { type Address, parseAddress } from '../net/address.ts'
import { HOST } from '../net/client-name.ts'
import { formatPrefix } from '../net/prefix.ts'
import { buildPolicy, type Policy } from '../policy/policy.ts'
import type { ZoneFile } from '../policy/rule.ts'
import type { View } from '../policy/view.ts'
import { ZONE_SUFFIX, type ZoneFolders } from '../zones/load.ts'
import type { Loaded, PolicySettings } from '../zones/loader.ts'
import { parseZone } from '../zones/parse.ts'
import type { Problem } from '../zones/problem.ts'
import { exceedLimits } from '../zones/tier-limit.ts'
import { coverageOf } from './coverage.ts'
import type { Observation } from './observation.ts'
import { type LeftOut, type Proposal, propose } from './proposal.ts'
import { mergeSiblings } from './wildcard.ts'
import { changeZones, type ZoneChange } from './zone-change.ts'

export interface SuggestionInput {
  readonly observations: readonly Observation[]
  /** How many runs they are from. */
  readonly runs: number
  readonly inForce: Loaded
  readonly settings: PolicySettings
  readonly folders: ZoneFolders
  readonly now: number
  readonly contactedOnly: boolean
  /** So many siblings become one wildcard; undefined: names stay exact. */
  readonly wildcards: number | undefined
  /** The text of a file; undefined: there is none. */
  read(file: string): string | undefined
}

export interface Suggestion {
  readonly proposals: readonly Proposal[]
  readonly changes: readonly ZoneChange[]
  readonly leftOut: readonly LeftOut[]
  /** Enforced, as it is and as it would be. */
  readonly before: Loaded
  readonly after: Loaded
  /** Why the files would not take effect; none as a rule. */
  readonly problems: readonly Problem[]
}

export function suggest(input: SuggestionInput): Suggestion {
  const { observations, inForce, now, contactedOnly, wildcards } = input
  const before = enforce(input, inForce.files)
  const { proposals: exact, leftOut } = propose(observations, {
    ...{ now, contactedOnly },
    clients: new Set([...inForce.policy.clients.map(({ name }) => name), ...observations.map(({ client }) => client)]),
    viewOf: viewsOf(before.policy),
  })
  const proposals = wildcards === undefined ? exact : mergeSiblings(exact, wildcards)
  const changes = changeZones(proposals, {
    ...{ folders: input.folders, files: inForce.files, runs: input.runs, read: input.read, now },
    selectorOf: (client) => selectorOf(client, input),
  })
  const parsed = changes.map(({ file, tier, after }) => parseZone(after, { file, tier }))
  const changed = new Set(changes.map(({ file }) => file))
  const files = [...inForce.files.filter(({ file }) => !changed.has(file)), ...parsed.flatMap(({ zone }) => zone ?? [])]
  const after = enforce(input, files)
  const problems = problemsOf(
    files,
    parsed.flatMap((each) => each.problems),
    input.settings,
  )
  return { ...{ proposals, changes, before, after, problems }, leftOut: [...leftOut, ...stillDenied(observations, leftOut, after, now)] }
}

/** What would keep the files from taking effect. */
function problemsOf(files: readonly ZoneFile[], found: readonly Problem[], { appLimits }: PolicySettings): readonly Problem[] {
  // Those of clients that joined at run time are judged when they join.
  const zones = files.filter(({ file }) => file.endsWith(ZONE_SUFFIX))
  const exceeding = appLimits === undefined ? [] : exceedLimits(zones, appLimits)
  return [...found, ...exceeding].filter(({ severity }) => severity === 'error')
}

/** Audit mode off: what it lets through is no grant. */
function enforce({ settings, inForce }: SuggestionInput, files: readonly ZoneFile[]): Loaded {
  const enforced = files.map((file) => ({ ...file, audit: false }))
  return { policy: buildPolicy({ ...settings, clients: inForce.policy.clients, audit: false, files: enforced }), files: enforced }
}

/** The view of a client by its id; undefined: nobody is known by it. */
export function viewsOf(policy: Policy): (client: string) => View | undefined {
  return (client) => {
    const source = client === HOST ? ('127.0.0.1' as Address) : parseAddress(client)
    return (source === undefined ? policy.clientNamed(client) : policy.clientAt(source))?.view
  }
}

/** As `$CLIENTS` names it: one that joined at run time by its addresses. */
function selectorOf(client: string, { settings, inForce }: SuggestionInput): string {
  if (settings.clients.some(({ name }) => name === client)) return client
  const joined = inForce.policy.clients.find(({ name }) => name === client)
  return joined === undefined ? client : joined.prefixes.map(formatPrefix).join(' ')
}

/** What the proposals were meant to let through, and would not. */
function stillDenied(
  observations: readonly Observation[],
  leftOut: readonly LeftOut[],
  { policy }: Loaded,
  now: number,
): readonly LeftOut[] {
  const known = new Set(leftOut.map(({ observation }) => observation))
  const viewOf = viewsOf(policy)
  return observations.flatMap((observation) => {
    const view = viewOf(observation.client)
    if (view === undefined || known.has(observation) || observation.addresses.length === 0) return []
    const coverage = coverageOf(view, observation, now)
    if (coverage.kind === 'covered') return []
    return [{ observation, why: coverage.kind === 'refused' ? coverage.why : 'another entry speaks for it' }]
  })
}
