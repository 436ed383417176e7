import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/** A network namespace of the tests: "sp<pid of the test>x<counter>-<label>". */
export interface Namespace {
  readonly name: string
  /** The command line that runs `command` inside. No fork in between: the child's pid is the command's. */
  inside(command: readonly string[]): string[]
  /** Runs to the end and returns what it printed; throws with its standard error on a non-zero exit. */
  run(command: readonly string[], input?: string): string
  spawn(command: readonly string[], options?: SpawnOptions): ChildProcess
  /** Ends what still runs inside and removes the namespace with all that is in it. */
  remove(): void
}

const FOLDER = '/run/netns'
let counter = 0
let swept = false

export function createNamespace(label: string): Namespace {
  if (!swept) sweep()
  counter++
  const name = `sp${process.pid}x${counter}-${label}`
  runCommand(['ip', 'netns', 'add', name])
  const inside = (command: readonly string[]): string[] => ['nsenter', `--net=${FOLDER}/${name}`, '--', ...command]
  const namespace: Namespace = {
    name,
    inside,
    run: (command, input) => runCommand(inside(command), input),
    spawn: (command, options = {}) => spawnCommand(inside(command), options),
    remove: () => removeNamespace(name),
  }
  namespace.run(['ip', 'link', 'set', 'lo', 'up'])
  return namespace
}

/** Throws with the command and its standard error when it fails. */
export function runCommand(command: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (error) throw error
  if (status !== 0) throw new Error(`${command.join(' ')}: exit ${status}: ${stderr}${stdout}`)
  return stdout
}

/** Namespaces of the tests that exist now, by the process that made them. */
export function testNamespaces(): { readonly name: string; readonly owner: number }[] {
  const names = namespaceNames().map((name) => ({ name, match: /^sp(\d+)x\d+-/.exec(name) }))
  return names.flatMap(({ name, match }) => (match ? [{ name, owner: Number(match[1]) }] : []))
}

function namespaceNames(): string[] {
  try {
    return readdirSync(FOLDER)
  } catch {
    return []
  }
}

/** A test run that was killed could not clean up: its namespaces go when the next one starts. */
function sweep(): void {
  swept = true
  for (const { name, owner } of testNamespaces()) if (!isAlive(owner)) removeNamespace(name)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function removeNamespace(name: string): void {
  for (const pid of processesIn(name)) killQuietly(pid)
  spawnSync('ip', ['netns', 'delete', name])
}

/** Process ids inside the namespace. */
export function processesIn(name: string): number[] {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function spawnCommand(command: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(command[0]!, command.slice(1), { stdio: 'pipe', ...options })
}
