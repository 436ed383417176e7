// The sallyport under test: `sallyport up` in the gateway, with settings, zone files and state of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { askControl } from '../../daemon/control.ts'
import { statePaths } from '../../daemon/path.ts'
import { FAR, NEIGHBOUR, SANDBOX } from './plan.ts'

export interface SubjectOptions {
  readonly guard: 'forward' | 'output'
  readonly owner: 'auto' | 'off'
  /** The command line of this program. */
  readonly program: readonly [string, ...string[]]
  readonly enter: <T>(act: () => T) => T
}

export interface Subject {
  readonly state: string
  /** Starts it, or starts it again after its end. */
  start(): Promise<void>
  /** A signal to one of its parts. */
  signal(part: 'resolver' | 'updater', signal: NodeJS.Signals): void
  /** Kills the supervisor, if it runs; its parts, if it had any, live on. */
  endSupervisor(): Promise<void>
  /** Ends it as service managers do; its rules stay. */
  stop(): Promise<void>
  /** Waits until both parts answer again. */
  answering(): Promise<void>
  /** Stops it, and takes its rules away. */
  takeDown(): Promise<void>
  writeZone(file: string, text: string): void
  /** The zone files as they were. */
  restoreZones(): void
  /** Whether table or lock protects the rules. */
  protection(): Promise<string>
  /** Ends all of its processes and removes its folder. The gateway's namespace takes the rest. */
  close(): Promise<void>
}

const POLL_MS = 10
/** For `up` to have both parts ready; it needs a second, and goes on trying when a part fails. */
const START_MS = 30_000
/** What the sandbox may reach, and what its neighbour alone may. */
const SHARED_ZONES = {
  'open.zone': '*.open.example\n*.shared.example\n*.tunnel.example\n',
  'grey.zone': '*.grey.example\n',
  'barred.zone': '*.barred.example\n',
}
const NEIGHBOUR_ZONE = { 'theirs.zone': '$CLIENTS neighbour\n*.theirs.example\n' }

export function createSubject({ guard, owner, program, enter }: SubjectOptions): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-prove-'))
  const zones = { ...SHARED_ZONES, ...(guard === 'forward' ? NEIGHBOUR_ZONE : {}) }
  const paths = statePaths(join(folder, 'state'))
  const left: number[] = []
  let child: ChildProcess | undefined

  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'zones'))
  restoreZones()
  writeFileSync(join(folder, 'sallyport.yaml'), JSON.stringify(settingsFor(guard, owner)))

  function restoreZones(): void {
    for (const [file, text] of Object.entries(zones)) writeZone(file, text)
  }

  function writeZone(file: string, text: string): void {
    writeFileSync(join(folder, 'zones', file), text)
  }

  async function start(): Promise<void> {
    if (isRunning(child)) return
    await Promise.all(left.splice(0).map(end))
    const [command, ...words] = [...program, 'up', '--config', join(folder, 'sallyport.yaml')] as [string, ...string[]]
    child = enter(() => spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder }))
    await announced(child)
  }

  /** From /proc: a part that stands still does not say who it is. */
  function children(): readonly number[] {
    const text = readFileSync(`/proc/${child?.pid}/task/${child?.pid}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  }

  function signal(part: 'resolver' | 'updater', name: NodeJS.Signals): void {
    const pid = children().find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').split('\0').includes(part))
    if (pid !== undefined) quietly(() => process.kill(pid, name))
  }

  async function endSupervisor(): Promise<void> {
    if (isRunning(child)) left.push(...children())
    await endChild('SIGKILL')
  }

  async function answering(): Promise<void> {
    for (const path of [paths.updaterControl, paths.resolverControl]) {
      while ((await askControl(path, '/status').catch(() => undefined)) === undefined) await pause(POLL_MS)
    }
  }

  async function takeDown(): Promise<void> {
    await stop()
    await Promise.all(left.splice(0).map(end))
    const [command, ...words] = [...program, 'down', '--config', join(folder, 'sallyport.yaml')] as [string, ...string[]]
    await once(
      enter(() => spawn(command, words, { stdio: 'ignore', cwd: folder })),
      'exit',
    )
  }

  async function endChild(name: NodeJS.Signals): Promise<void> {
    const exit = isRunning(child) ? once(child, 'exit') : undefined
    child?.kill(name)
    await exit
  }

  const stop = (): Promise<void> => endChild('SIGTERM')

  async function protection(): Promise<string> {
    return ((await askControl(paths.updaterControl, '/status')) as { readonly protection: string }).protection
  }

  async function close(): Promise<void> {
    await endSupervisor()
    await Promise.all(left.map(end))
    rmSync(folder, { recursive: true, force: true })
  }

  return { state: paths.folder, start, signal, endSupervisor, stop, answering, takeDown, writeZone, restoreZones, protection, close }
}

function settingsFor(guard: 'forward' | 'output', owner: 'auto' | 'off'): object {
  const clients = { sandbox: [SANDBOX[4], SANDBOX[6]], neighbour: [NEIGHBOUR[4], NEIGHBOUR[6]] }
  const forward = guard === 'forward' ? { clients } : {}
  const interfaces = guard === 'forward' ? { interfaces: ['sbx*'] } : {}
  return {
    zones: './zones',
    state: './state',
    ...forward,
    resolver: { upstreams: [FAR[4]] },
    updater: { guard, owner, ...interfaces },
    log: { level: 'warn' },
  }
}

/** It says on standard output what it guards, once both parts are ready. Throws what it logged if it cannot begin, or does not in time. */
async function announced(child: ChildProcess): Promise<void> {
  let log = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-10_000)
  })
  const said = once(child.stdout!, 'data')
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`sallyport up ended with ${code}: ${log.trim()}`)))
  const late = pause(START_MS, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`sallyport up is not ready after ${START_MS / 1_000} s: ${log.trim() || 'it logged nothing'}`)),
  )
  try {
    await Promise.race([said, ended, late])
  } finally {
    for (const each of [said, ended, late]) each.catch(() => undefined)
  }
}

function isRunning(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}

/** Kills a process that is not our child, and waits until it is gone. */
async function end(pid: number): Promise<void> {
  quietly(() => process.kill(pid, 'SIGKILL'))
  while (existsSync(`/proc/${pid}`)) await pause(POLL_MS)
}

function quietly(act: () => void): void {
  try {
    act()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
