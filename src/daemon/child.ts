import { type ChildProcess, spawn } from 'node:child_process'
import type { JournalRecord } from '../journal/record.ts'
import type { Part } from './identity.ts'
import type { ChildMessage, Orders, Ready } from './message.ts'

/** The first restart is immediate, then each waits longer; a child that has run for a while is forgiven. */
const RESTART_DELAYS_MS = [0, 250, 500, 1_000, 2_000, 5_000] as const
const FORGIVEN_AFTER_MS = 10_000
const EXIT_CONFIGURATION = 2

export interface ChildOptions {
  readonly part: Part
  readonly command: readonly [string, ...string[]]
  /** One that runs already and waits for its orders: the first, in place of one by `command`. */
  readonly waiting?: ChildProcess | undefined
  /** May come when the part has been started, and is loading meanwhile. */
  readonly orders: Orders | Promise<Orders>
  /** Is it out of reach of the terminal, its signals and its window? */
  readonly isApart?: boolean
  /** What it says, in the words of whoever reads it; of a part that is apart. */
  reword?(text: string): string
  onReady(ready: Ready): void
  /** Of a part that keeps no decision log. */
  onRecord?(record: JournalRecord): void
  /** The resolver has heard from the updater, for the first time or again. */
  onConnected?(): void
  /** Asks a process to end, where the one that was started only waits for the part. SIGTERM unless told. */
  terminate?(pid: number): void
  onRestart(part: Part, ended: string, delayMs: number): void
  /** It ended with a configuration error before it was ever ready: another try would end the same way. */
  onHopeless(part: Part): void
}

/** A process that is kept alive. */
export interface Child {
  readonly part: Part
  readonly pid: number | undefined
  /** Asks it to end, and makes it after `patienceMs`. Resolves when it has. */
  stop(patienceMs: number): Promise<void>
}

/** A process that is told and tells by messages. */
export function startProcess([program, ...parameters]: readonly [string, ...string[]], isApart = false): ChildProcess {
  // Node.js, when it ends, gives the terminal of its streams the settings that it found, whoever has changed them since.
  const stream = isApart ? 'pipe' : 'inherit'
  return spawn(program, parameters, { stdio: ['ignore', stream, stream, 'ipc'], detached: isApart })
}

export function keepChild(options: ChildOptions): Child {
  let { waiting } = options
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopping = false
  let hasBeenReady = false
  let restarts = 0

  function start(): void {
    const startedAt = uptimeMs()
    const started = waiting ?? startProcess(options.command, options.isApart)
    waiting = undefined
    child = started
    void give(started)
    started.stdout?.pipe(process.stdout, { end: false })
    started.stderr?.setEncoding('utf8').on('data', (text: string) => process.stderr.write(options.reword?.(text) ?? text))
    started.on('message', (message: ChildMessage) => {
      if ('record' in message) return options.onRecord?.(message.record)
      if ('connected' in message) return options.onConnected?.()
      hasBeenReady = true
      options.onReady(message)
    })
    started.on('error', (error) => ended(startedAt, null, error.message))
    started.on('exit', () => ended(startedAt, started.exitCode, describeEnd(started)))
    if (hasEnded(started)) ended(startedAt, started.exitCode, describeEnd(started))
  }

  async function give(started: ChildProcess): Promise<void> {
    const orders = await options.orders
    // Otherwise it has ended, or never began, and that is told.
    if (started.connected) started.send(orders, () => {})
  }

  function ended(startedAt: number, code: number | null, how: string): void {
    child = undefined
    if (stopping) return
    if (code === EXIT_CONFIGURATION && !hasBeenReady) return options.onHopeless(options.part)
    if (uptimeMs() - startedAt > FORGIVEN_AFTER_MS) restarts = 0
    const delayMs = RESTART_DELAYS_MS[Math.min(restarts, RESTART_DELAYS_MS.length - 1)]!
    restarts += 1
    options.onRestart(options.part, how, delayMs)
    timer = setTimeout(start, delayMs)
  }

  function stop(patienceMs: number): Promise<void> {
    stopping = true
    clearTimeout(timer)
    const running = child
    if (running === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const killer = setTimeout(() => running.kill('SIGKILL'), patienceMs)
      running.once('exit', () => {
        clearTimeout(killer)
        resolve()
      })
      if (options.terminate === undefined) running.kill('SIGTERM')
      else options.terminate(running.pid!)
    })
  }

  start()
  return {
    part: options.part,
    get pid() {
      return child?.pid
    },
    stop,
  }
}

/** A clock that never steps, without all that comes with `performance` (bench/start). */
function uptimeMs(): number {
  return process.uptime() * 1000
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function describeEnd({ exitCode, signalCode }: ChildProcess): string {
  return exitCode === null ? `was ended by ${signalCode}` : `ended with exit code ${exitCode}`
}
