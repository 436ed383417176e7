// The policy of the zone files as they are now, and of the clients that have joined, with or without a running sallyport.

import type { Config } from '../config/config.ts'
import { statePaths } from '../daemon/path.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import { type Address, parseAddress } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'
import { createLoader, type Load } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'
import { CommandError } from './context.ts'

export function loadCurrent(config: Config): Promise<Load> {
  return createLoader(config.zones, policySettings(config), statePaths(config.state).clients)()
}

export async function currentPolicy(config: Config): Promise<Policy> {
  const load = await loadCurrent(config)
  if (load.kind === 'loaded') return load.policy
  throw new CommandError(load.problems.map(formatProblem).join('\n'))
}

/** The address that a client asks from: its own, or the first single address of the client of that name. */
export function sourceOf({ clients }: Policy, who: string | undefined): Address {
  const address = parseAddress(who ?? '127.0.0.1')
  if (address !== undefined) return address
  const entry = clients.find(({ name }) => name === who)
  if (entry === undefined)
    throw new CommandError(`client "${who}" is neither an address nor named under "clients:" in the settings, nor has it joined`)
  return entry.prefixes[0]!.address
}
