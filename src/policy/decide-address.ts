// The one function that decides about addresses: static entries, and the screening of answers.

import type { Address } from '../net/address.ts'
import { mergePorts } from '../net/port.ts'
import { isSingleAddress } from '../net/prefix.ts'
import { embeddedAddress, isMetadata, isSpecialPurpose } from '../net/special.ts'
import { rulesAround } from './prefix-index.ts'
import { comparePlaces, isExpiredAllow, isInForce, type PrefixRule, type Tier } from './rule.ts'
import { type Settlement, type Speakers, settle } from './tiers.ts'
import type { AddressVerdict, Allow, Screened } from './verdict.ts'
import { isNeverOpen, type View } from './view.ts'

/** Groups of entries that contain an address, the most specific first, without those for other clients. */
type Around = readonly (readonly PrefixRule[])[]

const UNMENTIONED: AddressVerdict = { kind: 'deny', reason: 'no-rule', rule: undefined }
const METADATA: AddressVerdict = { kind: 'deny', reason: 'metadata', rule: undefined }

/** May the client reach the address by a static entry, without any name, and on which ports? */
export function decideAddress(view: View, address: Address, now: number): AddressVerdict {
  if (isNeverOpen(view, address)) return { kind: 'deny', reason: 'never-open', rule: undefined }
  const around = allAround(view, address)
  const speakers = speakersOf(around, now)
  const embedded = denialOfEmbedded(view, address, now)
  const settlement = embedded === undefined ? settle(speakers) : ({ kind: 'deny', rule: embedded } as const)
  if (settlement.kind === 'allow') return screenAllow(settlement, address)
  const expired = embedded === undefined ? expiredAllow(around, speakers, address, now) : undefined
  if (expired !== undefined) return { kind: 'deny', reason: 'expired', rule: expired }
  if (settlement.kind === 'deny') return { kind: 'deny', reason: 'deny-rule', rule: settlement.rule }
  return isMetadata(address) ? METADATA : UNMENTIONED
}

/** May this address of an answer be opened for a name with that verdict? Undefined: yes. One function for resolver and updater. */
export function screenAddress(view: View, verdict: Allow, address: Address, now: number): Screened | undefined {
  if (isMetadata(address)) return 'metadata'
  if (isNeverOpen(view, address)) return 'never-open'
  if (denialOf(view, address, now) !== undefined) return 'deny-rule'
  return !verdict.private && isSpecialPurpose(address) ? 'special-purpose' : undefined
}

/** The deny entry that settles the matter, for the address or for the one embedded in it. */
function denialOf(view: View, address: Address, now: number): PrefixRule | undefined {
  if (view.prefixScopes.length === 0) return undefined
  const settlement = settle(speakersOf(allAround(view, address), now))
  return settlement.kind === 'deny' ? settlement.rule : denialOfEmbedded(view, address, now)
}

/** A deny of an IPv4 address holds for the IPv6 addresses that lead to it through a translator or tunnel. */
function denialOfEmbedded(view: View, address: Address, now: number): PrefixRule | undefined {
  const embedded = embeddedAddress(address)
  return embedded === undefined ? undefined : denialOf(view, embedded, now)
}

function screenAllow(settlement: Extract<Settlement<PrefixRule>, { kind: 'allow' }>, address: Address): AddressVerdict {
  if (isMetadata(address)) return screenMetadata(settlement.deciding)
  if (!settlement.private && isSpecialPurpose(address)) return { kind: 'deny', reason: 'special-purpose', rule: settlement.rules[0] }
  return { kind: 'allow', rules: settlement.rules, ports: settlement.ports }
}

/** Open only to entries that name the address itself and say `private`, on the ports of those. */
function screenMetadata(deciding: readonly PrefixRule[]): AddressVerdict {
  const rules = deciding.filter((rule) => rule.private && isSingleAddress(rule.prefix))
  if (rules.length === 0) return { kind: 'deny', reason: 'metadata', rule: deciding[0] }
  return { kind: 'allow', rules, ports: mergePorts(rules.flatMap(({ ports }) => ports)) }
}

/** Of a denied address: the expired entry that alone would have allowed it, the most specific first, base before app. */
function expiredAllow(around: Around, speakers: Speakers<PrefixRule>, address: Address, now: number): PrefixRule | undefined {
  const candidates = [...expiredAbove(around, 'base', now), ...expiredAbove(around, 'app', now)]
  return candidates.find((rule) => {
    const settlement = settle({ ...speakers, [rule.tier]: [rule] })
    return settlement.kind === 'allow' && screenAllow(settlement, address).kind === 'allow'
  })
}

/** The expired allow entries of a tier that are more specific than what speaks there. */
function expiredAbove(around: Around, tier: Tier, now: number): readonly PrefixRule[] {
  const ofTier = around.map((rules) => rules.filter((rule) => rule.tier === tier))
  const speaking = ofTier.findIndex((rules) => rules.some((rule) => isInForce(rule, now)))
  const above = speaking < 0 ? ofTier : ofTier.slice(0, speaking)
  return above.flat().filter((rule) => isExpiredAllow(rule, now))
}

function speakersOf(around: Around, now: number): Speakers<PrefixRule> {
  return { base: speakersOfTier(around, 'base', now), app: speakersOfTier(around, 'app', now) }
}

function speakersOfTier(around: Around, tier: Tier, now: number): readonly PrefixRule[] {
  for (const rules of around) {
    const speaking = rules.filter((rule) => rule.tier === tier && isInForce(rule, now))
    if (speaking.length > 0) return speaking
  }
  return []
}

function allAround({ prefixScopes }: View, address: Address): Around {
  const groups = prefixScopes.map(({ prefixes }) => rulesAround(prefixes, address))
  if (groups.length <= 1) return groups[0] ?? []
  const byLength = Map.groupBy(groups.flat(2), ({ prefix }) => prefix.length)
  return [...byLength].toSorted(([a], [b]) => b - a).map(([, rules]) => rules.toSorted(comparePlaces))
}
