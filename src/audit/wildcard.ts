// Many siblings that were seen → one wildcard. Asked for only: it allows names that nobody has seen.

import { type Name, parentOf } from '../dns/name.ts'
import { wildcardDanger } from '../zones/suffix.ts'
import type { Proposal } from './proposal.ts'

/** Siblings for the same clients, on the same ports; `least` of them, and never over a public suffix. */
export function mergeSiblings(proposals: readonly Proposal[], least: number): readonly Proposal[] {
  const families = Map.groupBy(proposals, familyOf)
  return proposals.flatMap((proposal) => {
    const siblings = families.get(familyOf(proposal))!
    if (familyOf(proposal) === undefined || siblings.length < least) return [proposal]
    if (siblings[0] !== proposal) return []
    const parent = parentOf(proposal.subject as Name)!
    return [{ ...proposal, subject: `*.${parent}`, seen: siblings.flatMap(({ seen }) => seen) }]
  })
}

/** Apexes with at least so many siblings proposed one by one. */
export function apexesWith(proposals: readonly Proposal[], least: number): readonly { readonly apex: string; readonly names: number }[] {
  const families = [...Map.groupBy(proposals, familyOf)].filter(([family, members]) => family !== undefined && members.length >= least)
  return families.map(([, members]) => ({ apex: parentOf(members[0]!.subject as Name)!, names: members.length }))
}

/** Undefined: it can have no siblings under one wildcard. */
function familyOf({ tier, client, subject, ports, options, seen }: Proposal): string | undefined {
  const parent = seen[0]!.kind === 'name' ? parentOf(subject as Name) : undefined
  if (parent === undefined || parent === '' || wildcardDanger(parent) !== undefined) return undefined
  return JSON.stringify([tier, client, parent, ports, options])
}
