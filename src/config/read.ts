import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { formatEndpoint } from '../net/endpoint.ts'
import { hasInterfaces, partsOf, unguardedInterface } from '../net/place.ts'
import { type Config, ConfigError, type MetricsSetting, type ZoneSetting } from './config.ts'
import { formatPath, NO_SETTINGS, parseSettings, type SettingsDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { selector } from './leaf.ts'
import { problemsOf, type SettingProblem } from './problem.ts'
import { type Settings, settingsSchema } from './schema.ts'

export const CONFIG_FILE = 'sallyport.yaml'
const SYSTEM_FOLDER = '/etc/sallyport'

/** A setting that a command-line flag replaces. */
export interface Override {
  readonly flag: string
  readonly path: readonly string[]
  readonly value: string | readonly string[]
}

export interface ConfigSource {
  /** From `--config`; without it the working folder and then /etc/sallyport are looked in. */
  readonly file?: string | undefined
  readonly overrides?: readonly Override[]
  readonly environment: Environment
}

/** Finds, reads and checks the settings. Throws ConfigError with all problems at once. */
export function readConfig(source: ConfigSource): Config {
  const file = findFile(source)
  const document = file === undefined ? NO_SETTINGS : parseSettings(readText(file))
  if (document.problems.length > 0) throw new ConfigError(document.problems.map((problem) => `${file}:${problem}`))
  const overrides = (source.overrides ?? []).map((override) => absolute(override, source.environment))
  const values = overrides.reduce(applyOverride, document.values)
  const parsed = settingsSchema.safeParse(values)
  const problems = parsed.success ? crossCheck(parsed.data) : problemsOf(parsed.error.issues, values)
  if (problems.length > 0) {
    const inOrder = problems.toSorted((one, other) => document.lineOf(one.path, one.what) - document.lineOf(other.path, other.what))
    throw new ConfigError(inOrder.map((problem) => formatProblem(problem, file, document, overrides)))
  }
  return buildConfig(parsed.data!, file, source.environment)
}

function findFile({ file, environment }: ConfigSource): string | undefined {
  if (file !== undefined) return resolve(environment.workingFolder, file)
  return [environment.workingFolder, SYSTEM_FOLDER].map((folder) => join(folder, CONFIG_FILE)).find((candidate) => existsSync(candidate))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError([`${file}: cannot be read: ${(cause as NodeJS.ErrnoException).code}`], { cause })
  }
}

/** Paths in the file are relative to the file, paths in flags to the working folder. */
function absolute(override: Override, environment: Environment): Override {
  const isPath = override.path[0] === 'zones' || override.path[0] === 'state'
  return isPath && typeof override.value === 'string' && override.value !== ''
    ? { ...override, value: resolve(environment.workingFolder, override.value) }
    : override
}

function applyOverride(values: unknown, { path, value }: Override): unknown {
  const [key, ...below] = path
  if (key === undefined) return value
  const section = typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {}
  return { ...section, [key]: applyOverride(section[key], { flag: '', path: below, value }) }
}

/** What the shape cannot say. A guard that would guard nothing is an error, never a silent default. */
function crossCheck(settings: Settings): SettingProblem[] {
  const { updater, resolver, metrics } = settings
  const problems: SettingProblem[] = []
  if (updater.backend === 'memory' && updater.guard !== 'none') {
    const message = `memory enforces nothing and goes with guard: none only, but guard is ${updater.guard}`
    problems.push({ path: ['updater', 'backend'], what: 'value', message })
  }
  if (updater.guard === 'forward' && updater.interfaces.length === 0) {
    const message = 'expected at least one sandbox-facing interface or pattern with guard: forward, got none'
    problems.push({ path: ['updater', 'interfaces'], what: 'value', message })
  }
  problems.push(...clientProblems(clientsOf(settings), updater), ...snatProblems(updater))
  if (updater.guard === 'output') problems.push(...namelessUpstreams(resolver))
  if (updater.guard === 'output' && metrics.listen.kind === 'endpoint') {
    const message = `with guard: output sandboxed processes could read them too: expected the path of a Unix socket, got ${formatEndpoint(metrics.listen.endpoint)}`
    problems.push({ path: ['metrics', 'listen'], what: 'value', message })
  }
  return problems
}

function clientProblems(clients: Config['clients'], { guard, interfaces }: Settings['updater']): SettingProblem[] {
  const problem = (name: string, message: string): SettingProblem => ({ path: ['clients', name], what: 'value', message })
  const taken = new Map<string, string>()
  return clients.flatMap((client) => {
    const { name } = client
    if (guard !== 'forward' && hasInterfaces(client))
      return [problem(name, `an interface tells clients apart under guard: forward, but guard is ${guard}; got "${client.interfaces![0]}"`)]
    const stranger = unguardedInterface(client, interfaces)
    if (stranger !== undefined)
      return [
        problem(name, `expected an address, a prefix, or an interface of updater.interfaces (${interfaces.join(' ')}), got "${stranger}"`),
      ]
    const clash = partsOf(client).flatMap((part) => (taken.has(part) ? [`${part} stands under ${taken.get(part)} too`] : []))[0]
    for (const part of partsOf(client)) taken.set(part, name)
    return clash === undefined ? [] : [problem(name, `${clash}: who is there could not be told apart`)]
  })
}

function snatProblems({ snat, guard }: Settings['updater']): SettingProblem[] {
  if (snat === undefined) return []
  const path = ['updater', 'snat']
  if (guard !== 'forward') return [{ path, what: 'value', message: `goes with guard: forward, but guard is ${guard}` }]
  return Object.keys(snat.clients)
    .filter((who) => !selector.safeParse(who).success)
    .map((who) => ({ path: [...path, 'clients', who], what: 'value', message: 'expected the name of a client, an address or a prefix' }))
}

/** The guard lets the resolver reach addresses that the updater knows from the settings, and no others. */
function namelessUpstreams({ upstreams, suffixes }: Settings['resolver']): SettingProblem[] {
  const general = upstreams.map((upstream, index) => ({ upstream, path: ['resolver', 'upstreams', index] }))
  const special = Object.entries(suffixes).flatMap(([suffix, own]) =>
    own.map((upstream) => ({ upstream, path: ['resolver', 'suffixes', suffix] })),
  )
  return [...general, ...special].flatMap(({ upstream, path }) => {
    if (upstream.kind === 'plain' || upstream.kind === 'system' || upstream.address !== undefined) return []
    const mended = `${upstream.kind}://ADDRESS${upstream.kind === 'https' ? upstream.path : ''}#${upstream.name}`
    const message = `with guard: output the resolver reaches upstreams by known addresses only: expected ${mended}, got "${upstream.label}"`
    return [{ path, what: 'value', message }]
  })
}

function formatProblem(
  problem: SettingProblem,
  file: string | undefined,
  document: SettingsDocument,
  overrides: readonly Override[],
): string {
  const override = overrides.find(({ path }) => path.every((step, index) => problem.path[index] === step))
  if (override !== undefined) return `${override.flag}: ${problem.message}`
  const place = file === undefined ? '' : `${file}:${document.lineOf(problem.path, problem.what)}: `
  return `${place}${formatPath(problem.path)}${problem.path.length > 0 ? ': ' : ''}${problem.message}`
}

function buildConfig(settings: Settings, file: string | undefined, environment: Environment): Config {
  const folder = file === undefined ? environment.workingFolder : dirname(file)
  const format = settings.log.format === 'auto' ? environment.errorStream : settings.log.format
  return {
    file,
    zones: zoneSetting(settings.zones, folder),
    mode: settings.mode,
    clients: clientsOf(settings),
    limits: { app: appLimits(settings.limits.app) },
    resolver: resolverConfig(settings.resolver, folder),
    updater: { ...settings.updater, snat: snatSetting(settings.updater.snat) },
    state: settings.state === undefined ? environment.stateFolder : resolve(folder, settings.state),
    journal: { ...settings.journal, folder: journalFolder(settings, folder, environment) },
    metrics: { listen: metricsListen(settings.metrics.listen, folder) },
    log: { level: settings.log.level, format },
    manager: environment.manager,
  }
}

function clientsOf({ clients }: Settings): Config['clients'] {
  return Object.entries(clients).map(([name, place]) => ({ name, ...place }))
}

function snatSetting(snat: Settings['updater']['snat']): Config['updater']['snat'] {
  if (snat === undefined) return undefined
  const clients = Object.entries(snat.clients).map(([who, addresses]) => ({ selector: selector.parse(who), addresses }))
  return { everybody: snat.everybody ?? [], clients }
}

/** What was not said is there, and undefined. */
function appLimits({ audit, ports, names, clients, ...flags }: Settings['limits']['app']): Config['limits']['app'] {
  return { ...flags, audit, ports, names, clients }
}

function resolverConfig({ suffixes, authorities, ...resolver }: Settings['resolver'], folder: string): Config['resolver'] {
  return {
    ...resolver,
    suffixes: Object.entries(suffixes).map(([suffix, upstreams]) => ({ suffix: suffix.toLowerCase(), upstreams })),
    authorities: authorities === undefined ? undefined : resolve(folder, authorities),
  }
}

function metricsListen(listen: MetricsSetting, folder: string): MetricsSetting {
  return listen.kind === 'socket' ? { kind: 'socket', path: resolve(folder, listen.path) } : listen
}

/** With a state folder of its own a sallyport has a log of its own. */
function journalFolder({ journal, state }: Settings, folder: string, environment: Environment): string {
  if (journal.folder !== undefined) return resolve(folder, journal.folder)
  return state === undefined ? environment.journalFolder : join(resolve(folder, state), 'journal')
}

function zoneSetting(zones: Settings['zones'], folder: string): ZoneSetting {
  if (typeof zones === 'string') return { kind: 'one', folder: resolve(folder, zones) }
  return { kind: 'tiers', base: resolve(folder, zones.base), app: resolve(folder, zones.app) }
}
