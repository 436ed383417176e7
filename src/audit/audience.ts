// Who is judged alike by two policies.

import { ADDRESS_BITS, type Address, addressFromValue, type Family } from '../net/address.ts'
import { containsAddress, formatPrefix, isSingleAddress, type Prefix, prefixRange } from '../net/prefix.ts'
import type { Policy } from '../policy/policy.ts'
import { cutRange } from '../policy/range.ts'
import type { View } from '../policy/view.ts'

/** Clients for whom both policies hold one view each. */
export interface Audience {
  /** "reviewer-7", "10.77.1.0/24", "every other client". */
  readonly clients: readonly string[]
  readonly before: View
  readonly after: View
}

export const EVERYBODY = 'every client'
const OTHERS = 'every other client'
const FAMILIES: readonly Family[] = [4, 6]

/** Together they are all clients there can be. */
export function audiencesOf(before: Policy, after: Policy): readonly Audience[] {
  const borders = [...before.clientBorders, ...after.clientBorders]
  const members = FAMILIES.flatMap((family) =>
    startsIn(borders, family).map((source) => ({
      label: labelOf(source, borders, [before, after]),
      before: before.clientAt(source).view,
      after: after.clientAt(source).view,
    })),
  )
  const ids = numberer<View>()
  const groups = [...Map.groupBy([...members, ...absent(before, after)], (member) => `${ids(member.before)} ${ids(member.after)}`).values()]
  if (groups.length === 1) return [{ ...groups[0]![0]!, clients: [EVERYBODY] }]
  return groups.map((group) => ({
    clients: [...new Set(group.map(({ label }) => label))],
    before: group[0]!.before,
    after: group[0]!.after,
  }))
}

/** Clients of both that are nowhere now: their interface is on another machine, or has yet to appear. */
function absent(before: Policy, after: Policy) {
  return after.clients
    .filter(({ prefixes }) => prefixes.length === 0)
    .flatMap(({ name }) => {
      const [former, now] = [before.clientNamed(name), after.clientNamed(name)]
      return former === undefined || now === undefined ? [] : [{ label: name, before: former.view, after: now.view }]
    })
}

/** One address of each stretch between borders. */
function startsIn(borders: readonly Prefix[], family: Family): readonly Address[] {
  const whole = { first: 0n, last: (1n << BigInt(ADDRESS_BITS[family])) - 1n }
  const ranges = borders.filter((prefix) => prefix.family === family).map(prefixRange)
  return cutRange(whole, ranges).map(({ first }) => addressFromValue(first, family))
}

/** The client's name in the settings, else the narrowest border around it. */
function labelOf(source: Address, borders: readonly Prefix[], policies: readonly Policy[]): string {
  const around = borders.filter((prefix) => containsAddress(prefix, source)).toSorted((a, b) => b.length - a.length)[0]
  if (around === undefined) return OTHERS
  const entry = policies
    .flatMap(({ clients }) => clients)
    .find(({ prefixes }) => prefixes.some((prefix) => prefix.address === around.address && prefix.length === around.length))
  return entry?.name ?? (isSingleAddress(around) ? around.address : formatPrefix(around))
}

function numberer<T extends object>(): (thing: T) => number {
  const known = new Map<T, number>()
  return (thing) => {
    if (!known.has(thing)) known.set(thing, known.size)
    return known.get(thing)!
  }
}
