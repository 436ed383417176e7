// What most scenarios share: a world, and sallyport on its gateway.
import assert from 'node:assert/strict'
import type { Agent } from './agent-client.ts'
import { type Sallyport, startSallyport } from './sallyport.ts'
import { askThrough, type Sandbox } from './sandbox.ts'
import { UPSTREAM4 } from './topology.ts'
import type { World } from './world.ts'

export interface ForwardOptions {
  readonly zones: Readonly<Record<string, string>>
  /** Further settings, by section. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Merged into `updater:`. */
  readonly updater?: Readonly<Record<string, unknown>>
  /** Merged into `resolver:`. */
  readonly resolver?: Readonly<Record<string, unknown>>
  /** Replaces `clients:`; both sandboxes by name unless told. */
  readonly clients?: Readonly<Record<string, readonly string[]>>
  /** A command to start it by. */
  readonly through?: readonly string[]
}

/** `guard: forward` between both sandboxes and the internet; resolves when a sandbox gets answers. */
export function startForward(
  world: World,
  { zones, settings = {}, updater = {}, resolver = {}, clients = clientsOf(world), through = [] }: ForwardOptions,
): Promise<Sallyport> {
  return startSallyport({
    namespace: world.gateway,
    folder: world.folder,
    settings: {
      clients,
      resolver: { upstreams: [UPSTREAM4], ...resolver },
      updater: { guard: 'forward', interfaces: ['sbx*'], ...updater },
      ...settings,
    },
    zones,
    through,
    ready: () => answersDenials((name) => world.alpha.ask(name, 'A', { timeoutMs: 500 })),
  })
}

export function clientsOf({ alpha, beta }: World): Record<string, readonly string[]> {
  return { alpha: [alpha.address4, alpha.address6], beta: [beta.address4, beta.address6] }
}

/** `guard: output`, or none: on the gateway namespace itself, asked over loopback through `agent`. */
export function startLocal(
  world: World,
  agent: Agent,
  options: Omit<ForwardOptions, 'clients'> & { readonly listen?: string },
): Promise<Sallyport> {
  const { zones, settings = {}, updater = {}, listen } = options
  const server = listen?.split(':')[0] ?? '127.0.0.1'
  return startSallyport({
    namespace: world.gateway,
    folder: world.folder,
    settings: { resolver: { upstreams: [UPSTREAM4], ...(listen ? { listen: [listen] } : {}) }, updater, ...settings },
    zones,
    ready: () => answersDenials((name) => askThrough(agent, name, 'A', { server, timeoutMs: 500 })),
  })
}

/** Serving begins when a name that no zone file allows is denied, not failed. */
export async function answersDenials(ask: (name: string) => Promise<{ readonly rcode: string }>): Promise<boolean> {
  return (await ask('ready.invalid')).rcode === 'NXDOMAIN'
}

/** Asks for the name's address and connects to it at once. */
export async function assertReachable(sandbox: Sandbox, name: string, type: 'A' | 'AAAA' = 'A', port = 443): Promise<string> {
  const reply = await sandbox.ask(name, type)
  const address = reply.answers.find((answer) => answer.startsWith(`${type} `))?.split(' ')[1]
  assert.ok(address, `${name} ${type}: ${reply.rcode} ${reply.edeText}`)
  assert.equal(await sandbox.reach(address, port), 'connected', `${name} at ${address}`)
  return address
}

/** Refused at once and not silently dropped: a client that is denied must not wait. */
export async function assertRefused(agent: Agent, address: string, port = 443, source?: string): Promise<void> {
  const { outcome, milliseconds } = await agent.call('connect', { address, port, ...(source ? { source } : {}) })
  const refusals = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ECONNRESET', 'EPERM']
  assert.ok(refusals.includes(outcome), `${address} port ${port}: ${outcome}`)
  assert.ok(milliseconds < 50, `${address} port ${port} was refused after ${milliseconds} ms`)
}
