import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Namespace } from './namespace.ts'
import { childrenOf, commandOf } from './process.ts'
import { eventually } from './wait.ts'

export const PROGRAM = fileURLToPath(new URL('../../bin/sallyport', import.meta.url))

/** Parts that crash again and again would be started again and again. */
const LONGEST_START_MS = 60_000

export interface SallyportOptions {
  readonly namespace: Namespace
  /** Where its own folder is made. */
  readonly folder: string
  /** sallyport.yaml, as values; `zones` and `state` are set here. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Text by file name. */
  readonly zones: Readonly<Record<string, string>>
  /** Done to the zone folder before the start, for what is no text. */
  readonly prepareZones?: (folder: string) => void
  /** Whom it is started as; root unless told. */
  readonly uid?: number
  /** A command that runs the words behind it, to start it by. */
  readonly through?: readonly string[]
  /** Tells whether it serves; asked until it says so. */
  readonly ready?: () => Promise<boolean>
}

export interface CliOutcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `sallyport up`, running in a namespace with settings, zones and state of its own. */
export interface Sallyport {
  readonly pid: number
  readonly folder: string
  readonly state: string
  readonly zones: string
  readonly config: string
  /** Process id of a child of the supervisor that runs now. */
  part(which: 'resolver' | 'updater'): number | undefined
  /** All it has printed, both streams. */
  log(): string
  /** Resolves with the first line that matches, printed before or later. */
  logged(pattern: RegExp, timeoutMs?: number): Promise<string>
  /** Replaces a zone file as editors do: a new file, renamed over the old one. */
  writeZone(file: string, text: string): void
  removeZone(file: string): void
  /** Runs another command with the same settings in the same namespace. */
  cli(...words: readonly string[]): CliOutcome
  /** Starts any command in the same namespace and folder, its streams piped. */
  spawn(command: readonly string[]): ChildProcess
  /** Settles when it has said what it listens on and guards, which it does when both parts are ready. */
  readonly announced: Promise<unknown>
  readonly exit: Promise<number | null>
  /** SIGTERM to the supervisor; resolves with its exit code. */
  stop(): Promise<number | null>
}

export async function startSallyport(options: SallyportOptions): Promise<Sallyport> {
  const sallyport = launchSallyport(options)
  const { ready } = options
  if (ready) {
    // Both parts are there once it says on standard output what it does.
    const served = sallyport.announced.then(() => eventually('sallyport serves', () => ready(), 20_000))
    const ended = sallyport.exit.then((code) => Promise.reject(new Error(`sallyport up ended with ${code}`)))
    const silent = pause(LONGEST_START_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('sallyport up does not begin')))
    await Promise.race([served, ended, silent]).catch(async (error: unknown) => {
      // Left running, it would keep the test file from ending.
      await sallyport.stop()
      throw new Error(`${String(error)}\n${sallyport.log()}`, { cause: error })
    })
  }
  return sallyport
}

/** Starts it and does not wait: for what must not come up. */
export function launchSallyport(options: SallyportOptions): Sallyport {
  const { namespace, uid = 0, through = [] } = options
  const home = createHome(options)
  const config = join(home, 'sallyport.yaml')
  const user = uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']
  const child = namespace.spawn([...user, ...through, PROGRAM, 'up', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'], cwd: home })
  const { log, logged } = collectLog(child)
  const announced = new Promise((resolve) => child.stdout!.once('data', resolve))
  const exit = once(child, 'close').then(([code]) => code as number | null)
  return {
    pid: child.pid!,
    folder: home,
    state: join(home, 'state'),
    zones: join(home, 'zones'),
    config,
    part: (which) => findPart(child.pid!, which),
    log,
    logged,
    announced,
    writeZone: (file, text) => replaceFile(join(home, 'zones', file), text),
    removeZone: (file) => rmSync(join(home, 'zones', file)),
    cli: (...words) => runCli(namespace, [...words, '--config', config], home),
    spawn: (command) => namespace.spawn(command, { stdio: ['pipe', 'pipe', 'inherit'], cwd: home }),
    exit,
    stop: () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return exit
    },
  }
}

function createHome({ folder, settings, zones, prepareZones, uid = 0 }: SallyportOptions): string {
  const home = mkdtempSync(join(folder, 'sallyport-'))
  chmodSync(home, 0o755)
  chownSync(home, uid, uid)
  mkdirSync(join(home, 'zones'))
  for (const [file, text] of Object.entries(zones)) writeFileSync(join(home, 'zones', file), text)
  prepareZones?.(join(home, 'zones'))
  // JSON is YAML.
  writeFileSync(
    join(home, 'sallyport.yaml'),
    JSON.stringify({ zones: './zones', state: './state', journal: { folder: './journal' }, ...settings }, undefined, 2),
  )
  return home
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.next`, text)
  renameSync(`${file}.next`, file)
}

/** Runs `sallyport` with these words in a namespace, to its end. */
export function runCli(namespace: Namespace, words: readonly string[], folder: string): CliOutcome {
  const [program, ...rest] = namespace.inside([PROGRAM, ...words])
  return spawnSync(program!, rest, { encoding: 'utf8', cwd: folder, timeout: 30_000 })
}

function findPart(supervisor: number, which: string): number | undefined {
  return childrenOf(supervisor).find((pid) => commandOf(pid).includes(which))
}

function collectLog(child: ChildProcess): Pick<Sallyport, 'log' | 'logged'> {
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      for (const listener of listeners) listener()
    })
  }
  const logged = (pattern: RegExp, timeoutMs = 5_000): Promise<string> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`not logged within ${timeoutMs} ms: ${pattern}\n${text}`))), timeoutMs)
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        listeners.delete(look)
        settle()
      }
      const look = (): void => {
        const line = text.split('\n').find((candidate) => pattern.test(candidate))
        if (line !== undefined) finish(() => resolve(line))
      }
      listeners.add(look)
      look()
    })
  return { log: () => text, logged }
}
