// The gateway of a run: namespaces that live as long as one process, which lives as long as this one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { StartError } from '../daemon/start-error.ts'
import { describeRefusal } from './host.ts'
import { FOLDER, PLACE } from './plan.ts'
import { ORDERS, REPORTS } from './script.ts'
import { ENDS_WITH_PARENT, FIRST_PROCESS } from './shell.ts'

export interface Gateway {
  /** Its folder, as this process sees it. */
  readonly folder: string
  /** Makes or writes something in the folder, unless that is gone with the gateway. */
  furnish(write: () => void): void
  /** The words that run a program inside; the machine's own network where `network` is 'machine'. */
  inside(network: 'gateway' | 'machine'): readonly [string, ...string[]]
  /** To be called once all is in the folder. Resolves when the devices stand; the sandbox is made while the caller goes on. Throws StartError. */
  up(): Promise<void>
  /** Has the command begin. Resolves with its exit code; undefined if the gateway has ended before. */
  go(): Promise<number | undefined>
  /** Process id of the command; undefined before it has begun and after it has ended. */
  commandPid(): number | undefined
  /** Is it being closed, or gone already? */
  readonly isEnding: boolean
  /** Ends everything inside, at once. */
  close(): Promise<void>
}

export interface GatewayOptions {
  readonly script: string
  readonly command: readonly string[]
  /** Of the command, in order. */
  readonly stdio: readonly [Stream, Stream, Stream]
}

/** A number is a descriptor. */
type Stream = 'inherit' | 'pipe' | 'ignore' | number

/** Resolves when the namespaces are there, so that programs can be started inside. Throws StartError. */
export async function openGateway({ script, command, stdio }: GatewayOptions): Promise<Gateway> {
  const isRoot = process.getuid!() === 0
  const namespaces = [...(isRoot ? [] : ['--user', '--map-root-user']), '--net', '--mount', '--pid']
  const firstWords = ['sh', '-c', script, 'sallyport', ...command]
  const words = [...namespaces, '--', ...ENDS_WITH_PARENT, 'sh', '-c', FIRST_PROCESS, 'sallyport', ...firstWords]
  const maker = spawn('unshare', words, { stdio: [...stdio, 'pipe', 'pipe'] })
  const ended = once(maker, 'exit')
  const reports = readReports(maker.stdio[REPORTS] as Readable)
  // The first process has it to its end.
  const isOver = once(maker.stdio[REPORTS]!, 'close')
  const orders = maker.stdio[ORDERS] as Writable
  orders.on('error', () => {}) // it has ended, and its exit tells
  const report = () => Promise.race([reports.next(), ended.then(() => undefined)])
  const reach = async (): Promise<void> => {
    if ((await report()) === undefined) throw new StartError(describeRefusal())
  }
  await Promise.race([reach(), failure(maker)])
  const first = childrenOf(maker.pid!)[0]!

  const folder = `/proc/${first}/root${FOLDER}`

  return {
    folder,
    furnish: (write) => {
      try {
        write()
      } catch (error) {
        if (existsSync(folder)) throw error
      }
    },
    inside: (network) => [
      'nsenter',
      ...(isRoot ? [] : [`--user=/proc/${first}/ns/user`, '--preserve-credentials']),
      ...(network === 'gateway' ? [`--net=/proc/${first}/ns/net`] : []),
      `--mount=/proc/${first}/ns/mnt`,
      `--pid=/proc/${first}/ns/pid`,
      '--',
    ],
    up: () => {
      orders.write('furnished\n')
      return reach()
    },
    go: async () => {
      orders.write('go\n')
      const exit = await report()
      return exit === undefined ? undefined : Number(exit.split(' ')[1])
    },
    commandPid: () => commandBelow(first),
    get isEnding() {
      return orders.writableEnded || maker.exitCode !== null || maker.signalCode !== null
    },
    close: async () => {
      orders.end()
      await Promise.all([ended, isOver])
    },
  }
}

/** Lines of the gateway; undefined once there are no more. */
function readReports(stream: Readable): { next(): Promise<string | undefined> } {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]()
  return { next: async () => (await lines.next()).value }
}

async function failure(maker: ChildProcess): Promise<never> {
  const [error] = (await once(maker, 'error')) as [NodeJS.ErrnoException]
  throw new StartError(`cannot run unshare(1): ${error.message}; install the package util-linux`, { cause: error })
}

/** The first process has two children: what starts the command, and what waits for the end of the orders and has none of its own. */
function commandBelow(first: number): number | undefined {
  const maker = childrenOf(first).find((child) => childrenOf(child).length > 0)
  const init = maker === undefined ? undefined : childrenOf(maker)[0]
  return init === undefined ? undefined : childrenOf(init)[0]
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const PREPARATION_MS = 5_000

/** Runs shell text among the gateway's devices. Throws StartError. */
export function runInside(gateway: Pick<Gateway, 'inside'>, script: string): void {
  const [program, ...words] = [...gateway.inside('gateway'), 'sh', '-ec', script]
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: PREPARATION_MS })
  if (status !== 0) throw new StartError(`cannot prepare the gateway: ${stderr.trim()}`)
}

/** Where a process that was started only waits for what it has started: nsenter(1) does. */
export function signalChildren(pid: number, signal: NodeJS.Signals): void {
  for (const child of childrenOf(pid)) {
    try {
      process.kill(child, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** A file of the gateway's folder, as this process sees it. */
export function placeIn({ folder }: Pick<Gateway, 'folder'>, place: keyof typeof PLACE): string {
  return `${folder}${PLACE[place].slice(FOLDER.length)}`
}
