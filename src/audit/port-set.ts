// Arithmetic of sets of ports.

import { ANY_PORTS, LAST_PORT, type PortRange } from '../net/port.ts'
import { disjointPorts } from '../policy/disjoint-port.ts'

/** The ports of `from` that are not in `taken`, as few disjoint ranges; `any` where it is all of them. */
export function subtractPorts(from: readonly PortRange[], taken: readonly PortRange[]): readonly PortRange[] {
  const cuts = disjointPorts(taken)
  const left = disjointPorts(from).flatMap((range) =>
    cuts.filter(({ protocol }) => protocol === range.protocol).reduce<readonly PortRange[]>(cutAll, [range]),
  )
  return left.length === 2 && left.every(({ first, last }) => first === 0 && last === LAST_PORT) ? [ANY_PORTS] : left.map(withoutZero)
}

function cutAll(ranges: readonly PortRange[], cut: PortRange): readonly PortRange[] {
  return ranges.flatMap((range) => [
    ...(cut.first > range.first ? [{ ...range, last: Math.min(range.last, cut.first - 1) }] : []),
    ...(cut.last < range.last ? [{ ...range, first: Math.max(range.first, cut.last + 1) }] : []),
  ])
}

/** Port 0 exists in `any` alone; nobody can write it. */
function withoutZero(range: PortRange): PortRange {
  return range.first === 0 ? { ...range, first: 1 } : range
}
