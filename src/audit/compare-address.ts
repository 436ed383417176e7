// The same for what has no name: addresses and prefixes.

import { ADDRESS_BITS, addressFromValue, type Family } from '../net/address.ts'
import { formatPrefix, prefixRange } from '../net/prefix.ts'
import { decideAddress, screenAddress } from '../policy/decide.ts'
import { destinationPieces } from '../policy/destination.ts'
import { cutRange, mergeAdjacent, uniteRanges } from '../policy/range.ts'
import { isDeny, isInForce } from '../policy/rule.ts'
import type { Allow } from '../policy/verdict.ts'
import { prefixRulesOf, type ValueRange, type View } from '../policy/view.ts'
import type { Audience } from './audience.ts'
import { type Change, compareGrants, type Grant, NOTHING } from './grant.ts'

const FAMILIES: readonly Family[] = [4, 6]
/** What any name could be granted: to see what entries about addresses forbid to all of them. */
const EVERYTHING: Allow = { kind: 'allow', rules: [], ports: [], types: [], private: true, changesAt: 0, audited: undefined }

export function compareAddresses(audience: Audience, now: number): readonly Change[] {
  return FAMILIES.flatMap((family) => [...compareOpen(audience, family, now), ...compareForbidden(audience, family, now)])
}

function compareOpen({ before, after }: Audience, family: Family, now: number): readonly Change[] {
  const pieces = [before, after].flatMap((view) => destinationPieces(view, family, now))
  const changes = uniteRanges(pieces)
    .flatMap((whole) => cutRange(whole, pieces))
    .flatMap((range) => {
      const [grantBefore, grantAfter] = [before, after].map((view) => grantAt(view, range, family, now)) as [Grant, Grant]
      return compareGrants('', grantBefore, grantAfter).map((change) => ({ range, change }))
    })
  const merged = mergeAdjacent(
    changes,
    ({ range }) => range,
    ({ change }) => JSON.stringify(change),
    (piece, range) => ({ ...piece, range }),
  )
  return merged.map(({ range, change }) => ({ ...change, subject: formatRange(range, family) }))
}

function grantAt(view: View, { first }: ValueRange, family: Family, now: number): Grant {
  const verdict = decideAddress(view, addressFromValue(first, family), now)
  return verdict.kind === 'allow' ? { ...NOTHING, ports: verdict.ports, rules: verdict.rules } : NOTHING
}

/** Deny entries say of addresses that no name opens them. */
function compareForbidden({ before, after }: Audience, family: Family, now: number): readonly Change[] {
  const rules = [before, after].flatMap(prefixRulesOf).filter((rule) => isDeny(rule) && isInForce(rule, now))
  const prefixes = new Map(rules.filter(({ prefix }) => prefix.family === family).map((rule) => [formatPrefix(rule.prefix), rule]))
  return [...prefixes].flatMap(([subject, { prefix, place }]) => {
    const [was, is] = [before, after].map((view) => screenAddress(view, EVERYTHING, prefix.address, now) === 'deny-rule')
    if (was === is) return []
    const note = is ? 'no name opens it any more' : 'names may open it again'
    return [{ subject, opens: [], closes: [], notes: [note], before: was ? [place] : [], after: is ? [place] : [] }]
  })
}

/** "192.0.2.0/24" where the range is a prefix, else "192.0.2.1-192.0.2.9". */
function formatRange({ first, last }: ValueRange, family: Family): string {
  const address = addressFromValue(first, family)
  for (let length = 0; length <= ADDRESS_BITS[family]; length++) {
    const hostBits = BigInt(ADDRESS_BITS[family] - length)
    if ((first >> hostBits) << hostBits !== first) continue
    const prefix = { family, address, length }
    if (prefixRange(prefix).last === last) return formatPrefix(prefix)
  }
  return `${address}-${addressFromValue(last, family)}`
}
