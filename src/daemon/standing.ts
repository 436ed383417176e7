import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { type Capability, capabilitiesOf, dropPrivileges } from '../linux/privilege.ts'
import { backendOf } from './backend.ts'
import { type Identity, identityOf, type Part } from './identity.ts'
import { type Obstacle, obstacleTo } from './reach.ts'
import { StartError } from './start-error.ts'

/**
 * What a process gives up. `unprivileged`: it has nothing to give up. `drop`: it becomes somebody else. `confined`: it stays
 * root, because nobody else could read the zone files, but was started without root's capabilities; only where nothing is guarded.
 */
export type Standing =
  | { readonly kind: 'unprivileged' }
  | { readonly kind: 'drop'; readonly identity: Identity }
  | { readonly kind: 'confined'; readonly obstacle: Obstacle }

/** What the part will be, told alike by every process. Throws StartError where a guard is wanted and the part could not read what it must. */
export function standingOf(part: Part, config: Config): Standing {
  if (process.getuid!() !== 0) return { kind: 'unprivileged' }
  const identity = identityOf(part, config[part].user)
  if (!isMapped(identity.uid)) return { kind: 'unprivileged' }
  const obstacle = foldersOf(config)
    .map((folder) => obstacleTo(folder, identity))
    .find((found) => found !== undefined)
  if (obstacle === undefined) return { kind: 'drop', identity }
  if (config.updater.guard === 'none') return { kind: 'confined', obstacle }
  throw new StartError(
    `the ${part} runs as user ${identity.uid}, who cannot pass ${obstacle.path}: run "${obstacle.mend}", or move the zone files`,
  )
}

function foldersOf({ zones, state }: Config): readonly string[] {
  return zones.kind === 'one' ? [zones.folder, state] : [zones.base, zones.app, state]
}

/** Whether there is such a user in this user namespace: where an ordinary user has made it there is root alone (user_namespaces(7)). */
function isMapped(uid: number): boolean {
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  return ranges.some((range) => {
    const [first, , count] = range.trim().split(/\s+/).map(Number)
    return first! <= uid && uid < first! + count!
  })
}

/** The user id that the part ends up with. */
export function uidOf(standing: Standing): number {
  switch (standing.kind) {
    case 'unprivileged':
      return process.getuid!()
    case 'drop':
      return standing.identity.uid
    case 'confined':
      return 0
  }
}

/** What the part needs of root's capabilities once it runs. */
export function capabilitiesToKeep(part: Part, config: Config): readonly Capability[] {
  if (part === 'resolver') return ['net_bind_service']
  return backendOf(config) === 'nftables' ? ['net_admin'] : []
}

/**
 * Gives up all but `keep`, for good. Called when everything is loaded and open. Whoever was started with no more than that,
 * as containers and service managers do, has nothing to give up and stays the user it is.
 */
export function takeStanding(standing: Standing, keep: readonly Capability[]): void {
  if (standing.kind === 'unprivileged' || hasNoMoreThan(keep)) return
  if (standing.kind === 'drop') return dropPrivileges({ ...standing.identity, keep })
  // A running process cannot take capabilities from its own threads, so this must have been done before it began.
  const { path, mend } = standing.obstacle
  throw new StartError(`only root can pass ${path}: run "${mend}", or use "sallyport up"`)
}

function hasNoMoreThan(keep: readonly Capability[]): boolean {
  return capabilitiesOf('self').effective.every((capability) => keep.includes(capability))
}
