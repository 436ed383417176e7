// The policy of the zone files as they are now, with or without a running sallyport.

import type { Config } from '../config/config.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import { type Address, parseAddress } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'
import { loadPolicy } from '../zones/load.ts'
import { formatProblem } from '../zones/parse.ts'
import { CommandError } from './context.ts'

export async function currentPolicy(config: Config): Promise<Policy> {
  const load = await loadPolicy(config.zones, policySettings(config))
  if (load.kind === 'loaded') return load.policy
  throw new CommandError(load.problems.map(formatProblem).join('\n'))
}

/** The address that a client asks from: its own, or the first single address of the client of that name. */
export function sourceOf(config: Config, who: string | undefined): Address {
  const address = parseAddress(who ?? '127.0.0.1')
  if (address !== undefined) return address
  const entry = config.clients.find(({ name }) => name === who)
  if (entry === undefined) throw new CommandError(`client "${who}" is neither an address nor named under "clients:" in the settings`)
  return entry.prefixes[0]!.address
}
