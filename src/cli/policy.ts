// The policy of the zone files as they are now, and of the clients that have joined, with or without a running sallyport.

import type { Config } from '../config/config.ts'
import { statePaths } from '../daemon/path.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import { listRoutes } from '../linux/route-table.ts'
import { type Address, parseAddress } from '../net/address.ts'
import type { Client } from '../policy/client.ts'
import type { Policy } from '../policy/policy.ts'
import { createLoader, type Load } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'
import { CommandError } from './context.ts'

const UNNAMED = '127.0.0.1'

export function loadCurrent(config: Config): Promise<Load> {
  return createLoader(config.zones, policySettings(config), { joined: statePaths(config.state).clients, routes: listRoutes })()
}

export async function currentPolicy(config: Config): Promise<Policy> {
  const load = await loadCurrent(config)
  if (load.kind === 'loaded') return load.policy
  throw new CommandError(load.problems.map(formatProblem).join('\n'))
}

/** The client at an address, or of that name; without either, whoever has no name. */
export function clientOf(policy: Policy, who: string = UNNAMED): Client {
  const address = parseAddress(who)
  const client = address === undefined ? policy.clientNamed(who) : policy.clientAt(address)
  if (client !== undefined) return client
  throw new CommandError(`client "${who}" is neither an address nor named under "clients:" in the settings, nor has it joined`)
}

/** An address that the client asks from; undefined: its interface is not there. */
export function sourceOf({ clients }: Policy, who: string = UNNAMED): Address | undefined {
  return parseAddress(who) ?? clients.find(({ name }) => name === who)?.prefixes[0]?.address
}
