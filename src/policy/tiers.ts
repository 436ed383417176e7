// How the tiers settle a matter, once it is known which entries speak in each.

import { mergePorts, type PortRange } from '../net/port.ts'
import { isDeny, type Rule } from './rule.ts'

/** The most specific entries in force of each tier, in file order. */
export interface Speakers<R extends Rule> {
  readonly base: readonly R[]
  readonly app: readonly R[]
}

export type Settlement<R extends Rule> =
  | { readonly kind: 'silent' }
  | { readonly kind: 'deny'; readonly rule: R }
  | {
      readonly kind: 'allow'
      readonly rules: readonly R[]
      /** Those of the tier that decides: what else they grant besides ports is theirs alone to grant. */
      readonly deciding: readonly R[]
      readonly ports: readonly PortRange[]
      readonly private: boolean
    }

const SILENT = { kind: 'silent' } as const

/**
 * Deny wins a tie, a deny in base is final, and a deny in app overrides an allow in base: so any deny that speaks, denies.
 * Otherwise base decides what it mentions and app adds ports only; app decides the rest.
 */
export function settle<R extends Rule>({ base, app }: Speakers<R>): Settlement<R> {
  const denial = base.find(isDeny) ?? app.find(isDeny)
  if (denial !== undefined) return { kind: 'deny', rule: denial }
  const deciding = base.length > 0 ? base : app
  if (deciding.length === 0) return SILENT
  const rules = base.length === 0 || app.length === 0 ? deciding : [...base, ...app]
  return { kind: 'allow', rules, deciding, ports: addUpPorts(rules), private: deciding.some((rule) => rule.private) }
}

function addUpPorts(rules: readonly Rule[]): readonly PortRange[] {
  return rules.length === 1 ? rules[0]!.ports : mergePorts(rules.flatMap((rule) => rule.ports))
}
