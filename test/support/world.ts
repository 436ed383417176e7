import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, startAgent } from './agent-client.ts'
import { type Authority, startAuthority } from './authority.ts'
import { type Capture, type Permitted, startCapture } from './capture.ts'
import type { Namespace } from './namespace.ts'
import { createSandbox, type Sandbox } from './sandbox.ts'
import { createInternetLink, GATEWAY_ETHERNET, GATEWAY4, GATEWAY6, UPSTREAM4, UPSTREAM6 } from './topology.ts'

/** Two sandboxes, a gateway, and an internet with an authoritative server and listeners on every documentation address. */
export interface World {
  readonly gateway: Namespace
  readonly internet: Namespace
  readonly alpha: Sandbox
  readonly beta: Sandbox
  /** A process in the internet. */
  readonly outside: Agent
  readonly authority: Authority
  /** Readable by every uid; goes with the world. */
  readonly folder: string
  capture(): Promise<Capture>
  close(): Promise<void>
}

/** Every TCP port on which the internet listens, at all its addresses. */
export const PORTS: readonly number[] = [22, 80, 443, 5432, 7999, 8000, 8050, 8100, 8443, 9000]

/** What sallyport itself sends: questions to its upstream. */
export const UPSTREAM_TRAFFIC: readonly Permitted[] = [
  { source: GATEWAY4, destination: UPSTREAM4, destinationPort: 53 },
  { source: GATEWAY6, destination: UPSTREAM6, destinationPort: 53 },
]

export async function createWorld(records: readonly string[]): Promise<World> {
  const folder = createFolder()
  const { gateway, internet } = createInternetLink()
  const alpha = createSandbox(gateway, folder, 'alpha', 1)
  const beta = createSandbox(gateway, folder, 'beta', 2)
  const outside = startAgent(internet)
  const authority = await startAuthority({ namespace: internet, addresses: [UPSTREAM4, UPSTREAM6], folder, records })
  await outside.call('serve', { ports: PORTS })
  const captures: Capture[] = []
  const close = async (): Promise<void> => {
    await Promise.all([...captures, alpha.agent, beta.agent, outside, authority].map((part) => part.close()))
    for (const namespace of [alpha.namespace, beta.namespace, gateway, internet]) namespace.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  const capture = async (): Promise<Capture> => {
    const started = await startCapture({ namespace: internet, device: 'eth0', gateway: GATEWAY_ETHERNET, folder })
    captures.push(started)
    return started
  }
  return { gateway, internet, alpha, beta, outside, authority, folder, capture, close }
}

/** A temporary folder that every uid can look into: mkdtemp makes it for its owner alone, and the resolver runs as somebody else. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `sallyport-test-${process.pid}-`))
  chmodSync(folder, 0o755)
  return folder
}
