// Two sandboxes, a gateway and an internet of namespaces, with nothing of ours but the ruleset: whoever answers on the gateway's resolver port stands for the resolver.
import { type Agent, startAgent } from '../support/agent-client.ts'
import type { Namespace } from '../support/namespace.ts'
import { createInternetLink, createSandboxLink, type SandboxLink } from '../support/topology.ts'
import { RESOLVER_PORT } from './ruleset-description.ts'

export interface Member extends SandboxLink {
  readonly agent: Agent
}

export interface World {
  readonly gateway: Namespace
  readonly host: Agent
  readonly internet: Namespace
  readonly outside: Agent
  readonly alpha: Member
  readonly beta: Member
  close(): Promise<void>
}

/** Ports on which the internet, at all its addresses, and the sandboxes listen. The gateway listens on 22 and the resolver's. */
export const PORTS = [443, 8000, 8050, 8443] as const
export const SANDBOX_PORT = 8080

export async function createWorld(): Promise<World> {
  const { gateway, internet } = createInternetLink()
  const [alpha, beta] = [createMember(gateway, 'alpha', 1), createMember(gateway, 'beta', 2)]
  const [host, outside] = [startAgent(gateway), startAgent(internet)]
  await Promise.all([
    host.call('serve', { ports: [22, RESOLVER_PORT] }),
    host.call('serveDatagrams', { address: '::', port: RESOLVER_PORT }),
    outside.call('serve', { ports: PORTS }),
    alpha.agent.call('serve', { ports: [SANDBOX_PORT] }),
    beta.agent.call('serve', { ports: [SANDBOX_PORT] }),
  ])
  // A process's first connection takes longer.
  for (const agent of [host, outside, alpha.agent, beta.agent]) await agent.call('connect', { address: '127.0.0.1', port: 1 })
  const close = async (): Promise<void> => {
    await Promise.all([host, outside, alpha.agent, beta.agent].map((agent) => agent.close()))
    for (const namespace of [alpha.namespace, beta.namespace, gateway, internet]) namespace.remove()
  }
  return { gateway, host, internet, outside, alpha, beta, close }
}

function createMember(gateway: Namespace, label: string, index: number): Member {
  const link = createSandboxLink(gateway, label, index)
  return { ...link, agent: startAgent(link.namespace) }
}
