// Does a needed destination answer, through the gateway that runs now?

import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import type { PortRange } from '../net/port.ts'
import type { Destination } from '../zones/edit.ts'

export interface LiveOptions {
  /** Whom to ask: "10.77.0.1", "[::1]:5300"; undefined: what resolv.conf says. */
  readonly server: string | undefined
  readonly timeoutMs: number
}

const HTTPS: PortRange = { protocol: 'tcp', first: 443, last: 443 }

/** Resolves the name and connects to its first port, by TCP. Undefined: that worked; else what did not. A UDP port is resolved only. */
export async function tryLive(destination: Destination, options: LiveOptions): Promise<string | undefined> {
  try {
    const addresses = destination.kind === 'prefix' ? [destination.prefix.address] : await resolve(destination.pattern.name, options)
    const { protocol, first } = destination.port ?? HTTPS
    return protocol === 'udp' ? undefined : await reachAny(addresses, protocol === 'any' ? HTTPS.first : first, options.timeoutMs)
  } catch (error) {
    return `does not resolve: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`
  }
}

async function resolve(name: string, { server, timeoutMs }: LiveOptions): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (server !== undefined) resolver.setServers([server])
  const families = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = families.flatMap((family) => (family.status === 'fulfilled' ? family.value : []))
  const [failed] = families.filter((family) => family.status === 'rejected')
  if (addresses.length === 0) throw failed!.reason
  return addresses
}

async function reachAny(addresses: readonly string[], port: number, timeoutMs: number): Promise<string | undefined> {
  const failures: string[] = []
  for (const address of addresses) {
    const failure = await reach(address, port, timeoutMs)
    if (failure === undefined) return undefined
    failures.push(`${address} port ${port}: ${failure}`)
  }
  return `does not connect: ${failures.join(', ')}`
}

function reach(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  const socket = connect({ host, port })
  return new Promise((done) => {
    const finish = (failure?: string): void => {
      socket.destroy()
      done(failure)
    }
    socket.setTimeout(timeoutMs, () => finish('no answer'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('connect', () => finish())
  })
}
