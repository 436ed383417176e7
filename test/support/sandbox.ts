import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, startAgent, withResolvConf } from './agent-client.ts'
import { decodeReply, encodeQuestion, noReply, type Reply } from './message.ts'
import type { Namespace } from './namespace.ts'
import { createSandboxLink, type SandboxLink } from './topology.ts'

export interface AskOptions {
  /** Whom to ask; the gateway's IPv4 address on the sandbox's link unless told. */
  readonly server?: string
  readonly port?: number
  readonly tcp?: boolean
  readonly edns?: boolean
  readonly source?: string
  readonly timeoutMs?: number
}

/** One sandbox: a namespace behind a link of its own to the gateway, and a process in it. */
export interface Sandbox extends SandboxLink {
  readonly agent: Agent
  /** The command line that runs `command` inside, with the sandbox's resolv.conf. */
  inside(command: readonly string[]): string[]
  ask(name: string, type?: string, options?: AskOptions): Promise<Reply>
  /** Connects over TCP; 'connected', or why not. */
  reach(address: string, port?: number): Promise<string>
}

export function createSandbox(gateway: Namespace, folder: string, label: string, index: number): Sandbox {
  const link = createSandboxLink(gateway, label, index)
  const resolvConf = join(folder, `${label}.resolv.conf`)
  writeFileSync(resolvConf, `nameserver ${link.gateway4}\nnameserver ${link.gateway6}\noptions timeout:3 attempts:2\n`)
  const agent = startAgent(link.namespace, { resolvConf })
  return {
    ...link,
    agent,
    inside: (command) => link.namespace.inside(withResolvConf(resolvConf, command)),
    ask: (name, type = 'A', options = {}) => askThrough(agent, name, type, { server: link.gateway4, ...options }),
    reach: (address, port = 443) => reachThrough(agent, address, port),
  }
}

/** Asks one question through a process in a namespace. */
export async function askThrough(
  agent: Agent,
  name: string,
  type: string,
  options: AskOptions & { readonly server: string },
): Promise<Reply> {
  const { edns, ...request } = options
  const { hex, milliseconds, failure } = await agent.call('exchange', { ...request, hex: encodeQuestion(name, type, edns).toString('hex') })
  return hex === undefined ? noReply(failure ?? 'no reply', milliseconds) : decodeReply(hex, milliseconds)
}

export async function reachThrough(agent: Agent, address: string, port: number): Promise<string> {
  return (await agent.call('connect', { address, port })).outcome
}
