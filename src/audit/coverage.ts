// Would a policy, enforced, let through what was observed? Judged by the function that decides.

import type { Name } from '../dns/name.ts'
import { parseType } from '../dns/vocabulary.ts'
import { type Address, parseAddress } from '../net/address.ts'
import { coversRange, type PortRange } from '../net/port.ts'
import { isSpecialPurpose } from '../net/special.ts'
import { decideAddress, decideName, permitsType } from '../policy/decide.ts'
import type { Rule } from '../policy/rule.ts'
import { type AddressDeny, DENIAL_WORDS, type Deny } from '../policy/verdict.ts'
import type { View } from '../policy/view.ts'
import type { Observation } from './observation.ts'

export type Coverage =
  | { readonly kind: 'covered'; readonly rules: readonly Rule[] }
  /** What an entry would have to add; `rules` speak already, of other ports or types. */
  | {
      readonly kind: 'missing'
      readonly ports: readonly PortRange[]
      readonly types: readonly string[]
      readonly private: boolean
      readonly rules: readonly Rule[]
    }
  /** An entry, or the settings, say no: that is not for us to undo. */
  | { readonly kind: 'refused'; readonly why: string }

export function coverageOf(view: View, observation: Observation, now: number): Coverage {
  return observation.kind === 'name' ? coverName(view, observation, now) : coverAddress(view, observation, now)
}

function coverName(view: View, { destination, ports, types, addresses }: Observation, now: number): Coverage {
  const verdict = decideName(view, destination as Name, now)
  const needsPrivate = addresses.some((address) => isSpecialPurpose(address as Address))
  if (verdict.kind === 'deny') return denied(verdict, { ports, types, private: needsPrivate, rules: [] })
  if (needsPrivate && !verdict.private) return { kind: 'refused', why: 'its entry does not say "private"' }
  const missingTypes = types.filter((type) => !permitsType(verdict, parseType(type)!))
  return cover({ ports: missingPorts(ports, verdict.ports), types: missingTypes, private: verdict.private, rules: verdict.rules })
}

function coverAddress(view: View, { destination, ports }: Observation, now: number): Coverage {
  const address = parseAddress(destination)!
  const verdict = decideAddress(view, address, now)
  const isPrivate = isSpecialPurpose(address)
  if (verdict.kind === 'deny') return denied(verdict, { ports, types: [], private: isPrivate, rules: [] })
  return cover({ ports: missingPorts(ports, verdict.ports), types: [], private: isPrivate, rules: verdict.rules })
}

function cover(missing: Omit<Extract<Coverage, { kind: 'missing' }>, 'kind'>): Coverage {
  if (missing.ports.length === 0 && missing.types.length === 0) return { kind: 'covered', rules: missing.rules }
  return { kind: 'missing', ...missing }
}

function denied({ reason, rule }: Deny | AddressDeny, missing: Omit<Extract<Coverage, { kind: 'missing' }>, 'kind'>): Coverage {
  if (reason === 'no-rule') return { kind: 'missing', ...missing }
  const place = rule === undefined ? '' : ` (${rule.place.file}:${rule.place.line}: ${rule.text})`
  return { kind: 'refused', why: `${DENIAL_WORDS[reason]}${place}` }
}

function missingPorts(wanted: readonly PortRange[], open: readonly PortRange[]): readonly PortRange[] {
  return wanted.filter((port) => !coversRange(open, port))
}
