// How many flows a client has at once. Connection tracking is everybody's, and whoever fills it fails others.
import {
  back,
  ctState,
  type FlowLimit,
  flowsBeyond,
  goto,
  inSet,
  interfaceFlowsBeyond,
  jump,
  networkFlowsBeyond,
  notInSet,
} from '../../linux/nftables/match.ts'
import { type Chain, chain, type Rule, rule } from './chain.ts'
import type { RulesetDescription } from './description.ts'
import { FAMILIES } from './sets.ts'

/** How much of what one source may take an interface has: beyond it those behind it share. */
export const SHARES_OF_AN_INTERFACE = 4
/**
 * To count a flow the kernel looks up each that is in the same list (nf_conncount.c): with 8192 in one, that would take some milliseconds,
 * and a client that has so many could hold up all others with a few new ones. So the flows of each are in up to 64 lists.
 */
const MOST_LISTS = 64
const LEAST_OF_A_LIST = 128
/** The ports of honest clients are not spread evenly, but by chance (Linux gives even ones only): so many standard deviations are room enough. */
const SPREAD = 4

/** For the chains that let flows begin. */
export function crowdRules(description: RulesetDescription): readonly Rule[] {
  return countsFlows(description) ? [rule('of so many at once there is an end', ctState('new'), jump('crowd'))] : []
}

export function crowdChains(description: RulesetDescription): readonly Chain[] {
  if (!countsFlows(description)) return []
  const { flowsPerClient } = description
  const [ofClient, ofInterface] = [limitOf(flowsPerClient), limitOf(SHARES_OF_AN_INTERFACE * flowsPerClient)]
  const named = (family: 4 | 6) => inSet(family, ['flowSaddr'], `named${family}`)
  const unnamed = notInSet(6, ['flowSaddr'], 'named6')
  return [
    chain('crowd', 'flows are counted by source, and of sources that are no client each by interface too', [
      rule('a source has so many', flowsBeyond(4, 'flows4', ofClient), goto('refuse')),
      rule('a client has so many', named(6), flowsBeyond(6, 'flows6', ofClient), goto('refuse')),
      rule('and whoever else is in a /64, who may take any address there', unnamed, networkFlowsBeyond('flows6', ofClient), goto('refuse')),
      ...FAMILIES.map((family) => rule('a client has all of that to itself', named(family), back)),
      rule('those who may have addresses without end share', interfaceFlowsBeyond('flows', ofInterface), goto('refuse')),
    ]),
  ]
}

function countsFlows({ guard, flowsPerClient }: RulesetDescription): boolean {
  return guard === 'forward' && flowsPerClient > 0
}

/** Few are counted exactly, in one list. */
export function limitOf(most: number): FlowLimit {
  const lists = Math.min(MOST_LISTS, 2 ** Math.max(0, Math.floor(Math.log2(most / LEAST_OF_A_LIST))))
  const mean = most / lists
  // Not by the lowest bit, which is the same in all ports that the kernel gives to connect(2).
  return { portMask: (lists - 1) << 1, mostOfEach: lists === 1 ? most : Math.ceil(mean + SPREAD * Math.sqrt(mean)) }
}
