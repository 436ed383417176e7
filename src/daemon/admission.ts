// Who may ask without a name of its own: the gateway itself, and whatever the kernel would answer over a sandbox interface.

import type { Config } from '../config/config.ts'
import { openRouteLookup } from '../linux/route-lookup.ts'
import type { Address } from '../net/address.ts'
import { matchesInterface } from '../net/interface-pattern.ts'

export interface Admission {
  admits(source: Address, zone: string | undefined): boolean
  close(): void
}

const EVERYBODY: Admission = { admits: () => true, close() {} }

/** Under other guards than `forward` whoever reaches the listening sockets may ask. */
export function createAdmission({ updater: { guard, interfaces } }: Config): Admission {
  if (guard !== 'forward') return EVERYBODY
  const routes = openRouteLookup()
  const isOurs = (name: string) => name === 'lo' || interfaces.some((pattern) => matchesInterface(pattern, name))
  return {
    admits(source, zone) {
      const name = zone ?? routes.interfaceTo(source)
      return name !== undefined && isOurs(name)
    },
    close: routes.close,
  }
}
