// Zone files and clients that joined → the policy to put in force, again and again.

import { formatPrefix } from '../net/prefix.ts'
import type { Route } from '../net/route.ts'
import { type Binding, bindInterfaces, type Displacement, hasPlace } from '../policy/interface.ts'
import { type Policy, type PolicyInput, policySteps, prepare } from '../policy/policy.ts'
import type { ZoneFile } from '../policy/rule.ts'
import { runBreathing } from './breath.ts'
import type { Changed } from './changed.ts'
import { findOverruled, findUnknownClients } from './cross-check.ts'
import { type JoinedZone, loadJoined } from './joined.ts'
import { loadFolders, type ZoneCache, type ZoneFolders } from './load.ts'
import type { ParsedZone } from './parse.ts'
import type { Problem } from './problem.ts'
import { createTextCache, type TextCache } from './text-cache.ts'
import { exceedLimits, type TierLimits } from './tier-limit.ts'
import type { JoinedClient } from './wish.ts'

/** What the settings say about the policy. */
export interface PolicySettings extends Omit<PolicyInput, 'files'> {
  /** Those that are guarded: clients may be known by them. */
  readonly interfaces?: readonly string[]
  /** For files of the app tier, and for the zones of clients that join at run time. */
  readonly appLimits?: TierLimits
}

export interface Loaded {
  readonly policy: Policy
  readonly files: readonly ZoneFile[]
}

export type Load =
  | (Loaded & { readonly kind: 'loaded'; readonly warnings: readonly Problem[] })
  | {
      readonly kind: 'broken'
      readonly problems: readonly Problem[]
      /**
       * What was valid last makes, of each tier that has a folder of its own, with the clients of now. Undefined until each was valid once:
       * app may deny what base allows, so that base alone might let pass what nobody wants to.
       */
      readonly standing: Loaded | undefined
    }

/** What follows, for logs. */
export function consequenceOf({ standing }: Extract<Load, { kind: 'broken' }>): string {
  return standing === undefined
    ? 'there is no valid policy: every name is denied until that is mended'
    : 'zone files are broken: of their folder what was valid last stays in force'
}

interface Reading {
  readonly files: readonly ZoneFile[]
  readonly problems: readonly Problem[]
}

interface Members extends Reading {
  readonly clients: readonly JoinedClient[]
}

const NOBODY: Members = { clients: [], files: [], problems: [] }

/** Loads once. Never rejects over what the folders hold: that is a problem with a place. */
export function loadPolicy(folders: ZoneFolders, settings: PolicySettings): Promise<Load> {
  return createLoader(folders, settings)()
}

/** Where sandboxes are at this moment; without it nobody has joined, and nobody is behind an interface. */
export interface Surroundings {
  /** The folder of clients that joined at run time. They come and go although the zone files are broken at the moment. */
  readonly joined: string
  routes(): readonly Route[]
}

/** Looks at the files that may have changed since the last time, all unless told, and at those that are new. */
export type Loader = (changed?: Changed) => Promise<Load>

/**
 * To be called again only when it has resolved. What has not changed since then is not read, parsed or built again, and what has is
 * built a few milliseconds at a time.
 */
export function createLoader(folders: ZoneFolders, settings: PolicySettings, surroundings?: Surroundings): Loader {
  const caches = { zones: createTextCache<ParsedZone>(), joined: createTextCache<JoinedZone>() }
  let validZones: readonly (Reading | undefined)[] = []
  let validMembers: Members | undefined
  let before: Policy | undefined

  async function build(readings: readonly Reading[], { clients }: Binding): Promise<Loaded> {
    const files = readings.flatMap((reading) => reading.files)
    before = await runBreathing(policySteps({ ...settings, clients, files }, before))
    await runBreathing(prepare(before))
    return { policy: before, files }
  }

  return async (changed = 'all') => {
    const zones = await readZones(folders, settings, caches.zones, changed)
    const members = surroundings === undefined ? NOBODY : await readMembers(surroundings.joined, settings, caches.joined, changed)
    for (const cache of [caches.zones, caches.joined]) cache.sweep()
    const overruled = await findOverruled(zones.flatMap(({ files }) => files))
    const problems = [...zones.flatMap((each) => each.problems), ...overruled, ...members.problems]
    validZones = zones.map((each, index) => (isBroken(each) ? validZones[index] : each))
    if (!isBroken(members)) validMembers = members
    const binding = bindInterfaces(
      [...settings.clients.filter(hasPlace), ...(validMembers ?? NOBODY).clients],
      surroundings?.routes ?? noRoutes,
    )
    problems.push(...binding.displaced.map(explainDisplacement))
    const valid = [...validZones, validMembers]
    const standing = valid.every((reading) => reading !== undefined) ? await build(valid, binding) : undefined
    if (standing === undefined || isBroken({ problems })) return { kind: 'broken', problems, standing }
    return { kind: 'loaded', ...standing, warnings: problems }
  }
}

/** One for each tier that has a folder of its own, else one for all. */
async function readZones(folders: ZoneFolders, settings: PolicySettings, cache: ZoneCache, changed: Changed): Promise<readonly Reading[]> {
  return (await loadFolders(folders, cache, changed)).map((parsed) => judge(parsed, settings))
}

function judge(parsed: readonly ParsedZone[], { clients, appLimits }: PolicySettings): Reading {
  const files = parsed.flatMap(({ zone }) => zone ?? [])
  const exceeding = appLimits === undefined ? [] : exceedLimits(files, appLimits)
  return { files, problems: [...parsed.flatMap(({ problems }) => problems), ...findUnknownClients(files, clients), ...exceeding] }
}

/** A client that the settings give addresses is theirs. */
async function readMembers(
  folder: string,
  { clients, appLimits }: PolicySettings,
  cache: TextCache<JoinedZone>,
  changed: Changed,
): Promise<Members> {
  const settled = new Set(clients.filter(hasPlace).map(({ name }) => name))
  const joined = (await loadJoined(folder, cache, changed)).filter(({ client }) => client === undefined || !settled.has(client.name))
  return {
    clients: joined.flatMap(({ client }) => client ?? []),
    files: joined.flatMap(({ zone }) => zone ?? []),
    problems: joined.flatMap(({ zone, problems }) => [...problems, ...exceedByJoined(zone, appLimits)]),
  }
}

/** Each counts for itself; whom it is for, is not for it to say. */
export function exceedByJoined(zone: ZoneFile | undefined, limits: TierLimits | undefined): readonly Problem[] {
  return zone === undefined || limits === undefined ? [] : exceedLimits([zone], { ...limits, clients: undefined })
}

function explainDisplacement({ client, prefix, by }: Displacement): Problem {
  const message = `${formatPrefix(prefix)} is behind an interface of ${by}, so whoever has it is ${by}`
  return { file: `clients.${client}`, line: 0, message, severity: 'warning' }
}

function noRoutes(): readonly Route[] {
  return []
}

function isBroken({ problems }: Pick<Reading, 'problems'>): boolean {
  return problems.some(({ severity }) => severity === 'error')
}
