// By which source address sandboxes leave. What has none does not leave, and what would leave with another is dropped.
import {
  counter,
  ctDirection,
  drop,
  flowSourceWithin,
  goto,
  hasFlowMark,
  inSet,
  nfproto,
  type Statement,
  snatTo,
  sourceIsNot,
} from '../../linux/nftables/match.ts'
import { addressFromValue, encodeAddress } from '../../net/address.ts'
import { baseChain, type Chain, type Rule, rule } from './chain.ts'
import { BEGUN_MARK } from './common.ts'
import type { ClientRange, RulesetDescription } from './description.ts'
import { FAMILIES } from './sets.ts'

export function egressChains({ egress }: RulesetDescription): readonly Chain[] {
  if (egress.length === 0) return []
  const isOurs = hasFlowMark(BEGUN_MARK)
  const place = { hook: 'postrouting', policy: 'accept' } as const
  return [
    baseChain(
      'egress',
      'the address that the far side sees, the same for good',
      { base: 'egress', ...place },
      egress.flatMap((range) => {
        if (range.address === undefined) return []
        return [rule('the fixed address', isOurs, nfproto(range.family), within(range), snatTo(range.family, encodeAddress(range.address)))]
      }),
    ),
    baseChain(
      'egress_check',
      'nothing leaves with another source than the fixed one',
      { base: 'afterEgress', ...place },
      egress.map((range) => {
        const other = range.address === undefined ? nfproto(range.family) : sourceIsNot(range.family, encodeAddress(range.address))
        return rule(
          'a flow from before, or one whose source others have set',
          isOurs,
          ctDirection('original'),
          other,
          within(range),
          counter,
          drop,
        )
      }),
    ),
  ]
}

/** Established flows too: their address was taken from the host meanwhile. */
export function strandedRules({ egress }: RulesetDescription): readonly Rule[] {
  if (egress.length === 0) return []
  return FAMILIES.map((family) =>
    rule('its fixed address is not there', inSet(family, ['saddr', 'l4proto'], `stranded${family}`), goto('refuse')),
  )
}

function within({ family, first, last }: ClientRange): Statement {
  const octets = (value: bigint) => encodeAddress(addressFromValue(value, family))
  return flowSourceWithin(family, octets(first), octets(last))
}
