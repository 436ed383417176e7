// A chain with its rules, as text would have it.
import type { Statement } from '../../linux/nftables/match.ts'
import type { NewChain } from '../../linux/nftables/message.ts'
import { PRIORITY, VERDICT } from '../../linux/nftables/vocabulary.ts'

export interface Chain extends NewChain {
  readonly rules: readonly Rule[]
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

/** Where our chains stand among others'. Whoever redirects a flow first has it, so DNS is ours before Docker and kube-proxy, which are at `dstnat`, and so is the source address, before whoever masquerades at `srcnat`. */
const BASES = {
  source: { type: 'filter', priority: PRIORITY.raw },
  dns: { type: 'nat', priority: PRIORITY.dstnat - 10 },
  verdict: { type: 'filter', priority: PRIORITY.filter },
  lastCheck: { type: 'filter', priority: PRIORITY.filter + 10 },
  egress: { type: 'nat', priority: PRIORITY.srcnat - 10 },
  afterEgress: { type: 'filter', priority: PRIORITY.srcnat + 10 },
} as const

/** A chain that packets enter by a hook. */
export function baseChain(
  name: string,
  comment: string,
  place: {
    readonly base: keyof typeof BASES
    readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
    readonly policy: 'accept' | 'drop'
  },
  rules: readonly Rule[],
): Chain {
  const base = { ...BASES[place.base], hook: place.hook, policy: VERDICT[place.policy] }
  return { name, comment, base, rules }
}
