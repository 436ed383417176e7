// The rest of the host: programs, user namespaces, files, the clock.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { identityOf } from '../../daemon/identity.ts'
import { statePaths } from '../../daemon/path.ts'
import { policySettings } from '../../daemon/policy-settings.ts'
import { obstacleTo } from '../../daemon/reach.ts'
import { listRoutes } from '../../linux/route-table.ts'
import { CODE_ENDING, codePath } from '../../place.ts'
import { hasPlace } from '../../policy/interface.ts'
import { createLoader } from '../../zones/loader.ts'
import { formatProblem } from '../../zones/parse.ts'
import { bad, doubtful, good, type HostFinding } from './finding.ts'

const NOBODY = 65_534
const SLACK_MS = 60_000

/** Switches that forbid user namespaces, each with the value that allows them. */
const SWITCHES = [
  { path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns', key: 'kernel.apparmor_restrict_unprivileged_userns', allows: '0' },
  { path: '/proc/sys/kernel/unprivileged_userns_clone', key: 'kernel.unprivileged_userns_clone', allows: '1' },
] as const

export function examinePrograms(): HostFinding {
  return spawnSync('ip', ['-V']).status === 0
    ? good('programs', 'ip is there')
    : bad('programs', 'ip(8) is missing: doctor, prove and run lay links with it', 'apt-get install iproute2')
}

/** By making one, as somebody without privileges. */
export function examineUserNamespaces(): HostFinding {
  const topic = 'user namespaces'
  const who = process.getuid!() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const { status, stderr } = spawnSync('unshare', ['--map-root-user', '--net', 'true'], { ...who, encoding: 'utf8' })
  if (status === 0) return good(topic, 'users without root can make them, so "sallyport run" works without root')
  const shut = SWITCHES.find(({ path, allows }) => existsSync(path) && readFileSync(path, 'utf8').trim() !== allows)
  const mend = shut === undefined ? 'sysctl -w user.max_user_namespaces=15000' : `sysctl -w ${shut.key}=${shut.allows}`
  return doubtful(topic, `users without root cannot make them, so "sallyport run" needs root: ${(stderr ?? '').trim()}`, mend)
}

export async function examineZones(config: Config): Promise<readonly HostFinding[]> {
  const topic = 'zone files'
  const load = await createLoader(config.zones, policySettings(config), { joined: statePaths(config.state).clients, routes: listRoutes })()
  if (load.kind === 'broken') return load.problems.map((problem) => bad(topic, formatProblem(problem), 'sallyport check'))
  const obstacles = foldersOf(config).flatMap((folder) => obstacleTo(folder, identityOf('resolver', config.resolver.user)) ?? [])
  return [
    good(topic, `valid: ${load.policy.ruleCount} entries in ${load.files.length} files, those of clients that joined at run time included`),
    good(
      'clients',
      `${load.policy.clients.length} have names: ${load.policy.clients.length - config.clients.filter(hasPlace).length} joined at run time`,
    ),
    ...obstacles.map(({ path, mend }) =>
      doubtful(topic, `only root can pass ${path}, so both parts stay root, without root's capabilities`, mend),
    ),
  ]
}

/** Expiry dates and certificates depend on it. A file from the future shows a clock that is late. */
export function examineClock(config: Config, now: number): HostFinding {
  const files = foldersOf(config)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  const newest = Math.max(
    statSync(codePath(`main${CODE_ENDING}`)).mtimeMs,
    ...files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  )
  return newest > now + SLACK_MS
    ? bad(
        'clock',
        `says ${new Date(now).toISOString()}, but files here are of ${new Date(newest).toISOString()}: entries with until= end at the wrong time`,
        'timedatectl set-ntp true',
      )
    : good('clock', new Date(now).toISOString())
}

function foldersOf({ zones }: Config): readonly string[] {
  return zones.kind === 'one' ? [zones.folder] : [zones.base, zones.app]
}
