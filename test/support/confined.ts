// `sallyport run` in a namespace of the tests that plays the machine: as root, and as a user without any privilege.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { PROGRAM } from './sallyport.ts'
import { UPSTREAM4 } from './topology.ts'
import { createWorld, type World } from './world.ts'

/** "open.example" has an address of either family. */
export function createRunWorld(): Promise<World> {
  return createWorld([
    'open.example. 60 IN A 203.0.113.10',
    'open.example. 60 IN AAAA 2001:db8:1::10',
    'closed.example. 60 IN A 203.0.113.20',
  ])
}

export type Who = 'root' | 'user'

/** A user that no machine has. */
export const UID = 61_234

/** udev gives the device to everybody, a machine without it to root alone. */
const WITH_TUN = 'mount -t tmpfs tmpfs /media && mknod -m 666 /media/tun c 10 200 && mount --bind /media/tun /dev/net/tun && exec "$@"'

/** A function of the shell, "connect HOST PORT", that says what came of it. */
export const CONNECT = `connect() { /usr/bin/python3 -c '
import socket, sys
try:
  socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close(); print("connected")
except socket.gaierror: print("no such name")
except OSError as error: print(error.strerror or error)
' "$@"; }
`

export interface ConfinedOptions {
  readonly who: Who
  /** Before "--". */
  readonly flags?: readonly string[]
  readonly command: readonly string[]
  readonly input?: string
  readonly spawn?: SpawnOptions
}

export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The words that start it. */
export function confinedWords(world: World, { who, flags = [], command }: ConfinedOptions): readonly string[] {
  const words = [PROGRAM, 'run', '--upstream', UPSTREAM4, ...flags, '--', ...command]
  return world.gateway.inside(who === 'root' ? words : asUser(words))
}

/** The words that root runs a command by as a user without any privilege. */
export function asUser(words: readonly string[]): readonly string[] {
  const becoming = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--']
  return ['unshare', '--mount', '--', 'sh', '-ec', WITH_TUN, 'sh', ...becoming, ...words]
}

export function startConfined(world: World, options: ConfinedOptions): ChildProcess {
  const [program, ...words] = confinedWords(world, options) as [string, ...string[]]
  return spawn(program, words, { cwd: world.folder, stdio: 'pipe', ...options.spawn })
}

/** Runs it to its end. */
export function runConfined(world: World, options: ConfinedOptions): Promise<Outcome> {
  return endOf(startConfined(world, options), options.input)
}

/** Runs any words to their end. */
export function outcomeOf([program, ...words]: readonly string[], options: SpawnOptions): Promise<Outcome> {
  return endOf(spawn(program!, words, { stdio: 'pipe', ...options }))
}

/** The same words on a machine that has not those programs. */
export function withoutPrograms(programs: readonly string[], words: readonly string[]): readonly string[] {
  const script = 'for each in $(which -a $0); do mount --bind /dev/null $each; done; exec "$@"'
  return programs.length === 0 ? words : ['unshare', '--mount', '--', 'sh', '-c', script, programs.join(' '), ...words]
}

async function endOf(child: ChildProcess, input = ''): Promise<Outcome> {
  child.stdin?.end(input)
  const [stdout, stderr, [status, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { status, signal, stdout, stderr }
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += chunk.toString()
  return text
}

/** A variable of the environment, which every process of a run inherits. */
export const RUN_MARK = 'SALLYPORT_TEST_RUN'

/** Process ids of a run, by its mark. */
export function processesOf(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`${RUN_MARK}=${mark}`))
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Mounts of this mount namespace, but for those that keep the namespaces of tests. */
export function mountsHere(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => !line.includes(' /run/netns'))
}
