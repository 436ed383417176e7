// A chain with its rules, as text would have it.
import type { Statement } from '../../linux/nftables/match.ts'
import type { NewChain } from '../../linux/nftables/message.ts'
import { PRIORITY, VERDICT } from '../../linux/nftables/vocabulary.ts'

export interface Chain extends NewChain {
  readonly rules: readonly Rule[]
  /** Of chains that packets enter by a hook. */
  readonly place?: Base
}

/** Priorities of our chains, as nft(8) takes them: of two chains at a hook, that of the lower number comes first. */
export interface Priorities {
  /** Forged sources are dropped. */
  readonly source: number
  /** DNS is led to the resolver. */
  readonly dns: number
  /** What may pass is decided. */
  readonly verdict: number
  /** The fixed source address is set. */
  readonly egress: number
}

export interface Rule {
  readonly comment: string
  readonly statements: readonly Statement[]
}

export function rule(comment: string, ...statements: readonly Statement[]): Rule {
  return { comment, statements }
}

export function chain(name: string, comment: string, rules: readonly Rule[]): Chain {
  return { name, comment, rules }
}

/**
 * Where our chains stand among others' by default. Whoever redirects a flow first has it, so DNS is ours before Docker and kube-proxy, which
 * are at `dstnat`, and so is the source address, before whoever masquerades at `srcnat`.
 */
export const DEFAULT_PRIORITIES: Priorities = {
  source: PRIORITY.raw,
  dns: PRIORITY.dstnat - 10,
  verdict: PRIORITY.filter,
  egress: PRIORITY.srcnat - 10,
}
/** How far the chain that checks another's work stands behind it. */
const BEHIND = 10
/** Chains of type nat are ordered among themselves by their priorities, but the kernel goes through all of them at `srcnat`: only behind it has a packet its new source. */
const BEHIND_NAT = PRIORITY.srcnat + BEHIND

function placeOf(base: Base, { source, dns, verdict, egress }: Priorities) {
  switch (base) {
    case 'source':
      return { type: 'filter', priority: source } as const
    case 'untracked':
      return { type: 'filter', priority: PRIORITY.raw } as const
    case 'dns':
      return { type: 'nat', priority: dns } as const
    case 'verdict':
      return { type: 'filter', priority: verdict } as const
    case 'lastCheck':
      return { type: 'filter', priority: verdict + BEHIND } as const
    case 'egress':
      return { type: 'nat', priority: egress } as const
    case 'afterEgress':
      return { type: 'filter', priority: BEHIND_NAT } as const
  }
}

/** `untracked` is before connection tracking, wherever the others are. */
type Base = 'source' | 'untracked' | 'dns' | 'verdict' | 'lastCheck' | 'egress' | 'afterEgress'

/** The chain where the settings want it. */
export function placed(chain: Chain, priorities: Priorities): Chain {
  return chain.base === undefined || chain.place === undefined
    ? chain
    : { ...chain, base: { ...chain.base, ...placeOf(chain.place, priorities) } }
}

/** A chain that packets enter by a hook, at its default place. */
export function baseChain(
  name: string,
  comment: string,
  place: {
    readonly base: Base
    readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
    readonly policy: 'accept' | 'drop'
  },
  rules: readonly Rule[],
): Chain {
  const base = { ...placeOf(place.base, DEFAULT_PRIORITIES), hook: place.hook, policy: VERDICT[place.policy] }
  return { name, comment, base, place: place.base, rules }
}
