import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { operations } from './agent-operations.ts'
import type { Namespace } from './namespace.ts'

type Operations = typeof operations
type Argument<Key extends keyof Operations> = Parameters<Operations[Key]>[0]
type Value<Key extends keyof Operations> = Awaited<ReturnType<Operations[Key]>>

/** A process inside a namespace that connects, asks and listens there as told. */
export interface Agent {
  readonly pid: number
  call<Key extends keyof Operations>(operation: Key, argument?: Argument<Key>): Promise<Value<Key>>
  close(): Promise<void>
}

export interface AgentOptions {
  /** A file that stands in for /etc/resolv.conf there. */
  readonly resolvConf?: string
  readonly uid?: number
}

const SCRIPT = fileURLToPath(new URL('./agent.ts', import.meta.url))
const WITH_RESOLV_CONF = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'

export function startAgent(namespace: Namespace, options: AgentOptions = {}): Agent {
  const child = namespace.spawn(commandLine(options), { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let lastId = 0
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { id: number; value?: unknown; error?: string }
    if (error === undefined) waiting.get(id)?.resolve(value)
    else waiting.get(id)?.reject(new Error(`in ${namespace.name}: ${error}`))
    waiting.delete(id)
  })
  child.on('exit', () => waiting.forEach(({ reject }) => void reject(new Error(`the agent in ${namespace.name} has ended`))))
  const call = (operation: string, argument?: unknown): Promise<unknown> => {
    const id = ++lastId
    child.stdin!.write(`${JSON.stringify({ id, operation, argument })}\n`)
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  }
  return { pid: child.pid!, call: call as Agent['call'], close: () => endAgent(child) }
}

function commandLine({ resolvConf, uid }: AgentOptions): string[] {
  const agent = [process.execPath, SCRIPT]
  const asUser = uid === undefined ? agent : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...agent]
  return resolvConf ? withResolvConf(resolvConf, asUser) : asUser
}

/** The command line that runs `command` with another file in place of /etc/resolv.conf. */
export function withResolvConf(file: string, command: readonly string[]): string[] {
  return ['unshare', '--mount', '--', 'sh', '-c', WITH_RESOLV_CONF, file, ...command]
}

async function endAgent(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
