import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../support/wait.ts'
import type { Place } from '../place.ts'
import { PORT, SERVER } from '../place.ts'

/** Looking costs processor time that the start could have. */
const LOOK_MS = 200

/** Who is measured. */
export interface Subject {
  readonly name: string
  /** Debian packages. */
  readonly packages: readonly string[]
  version(): string
  start(place: Place): Promise<Running>
  /** Elements that stand for opened addresses; undefined for who opens none. */
  readonly countOpen: ((place: Place) => number) | undefined
}

export interface Running {
  /** Its first process; the others are its children. */
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a program on the server's core and waits until it answers an allowed name. */
export async function startProgram(place: Place, command: readonly string[]): Promise<Running> {
  const child = place.namespace.spawn(place.onServerCore(command), { stdio: ['ignore', 'ignore', 'pipe'] })
  const complaints: Buffer[] = []
  child.stderr!.on('data', (chunk: Buffer) => complaints.push(chunk))
  await eventually(
    `${command[0]} answers`,
    async () => {
      await pause(LOOK_MS)
      if (child.exitCode !== null) throw new Error(`${command.join(' ')}: exit ${child.exitCode}: ${Buffer.concat(complaints)}`)
      return isAnswering(place)
    },
    60_000,
  )
  return { pid: child.pid!, stop: () => stopChild(child) }
}

function isAnswering(place: Place): boolean {
  const [name] = place.lists.cachedNames
  const [program, ...words] = place.namespace.inside(
    place.onLoadCore(['dig', '+tries=1', '+time=1', `@${SERVER}`, '-p', String(PORT), name!, 'A']),
  )
  return spawnSync(program!, words, { encoding: 'utf8' }).stdout.includes('status: NOERROR')
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exit
  clearTimeout(timer)
}

/** What a program prints when asked for its version; the first match of the pattern. */
export function versionOf(command: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' })
  return pattern.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown'
}
