import { LAST_PORT, type PortRange } from '../net/port.ts'

/** The same ports as ranges of one protocol each that neither overlap nor touch: interval sets take no overlaps. */
export function disjointPorts(ranges: readonly PortRange[]): readonly PortRange[] {
  const split = ranges.flatMap((range) => (range.protocol === 'any' ? allPorts() : [range]))
  const disjoint: PortRange[] = []
  for (const range of split.toSorted(byProtocolAndPort)) {
    const previous = disjoint.at(-1)
    if (previous === undefined || previous.protocol !== range.protocol || range.first > previous.last + 1) disjoint.push(range)
    else if (range.last > previous.last) disjoint[disjoint.length - 1] = { ...previous, last: range.last }
  }
  return disjoint
}

function allPorts(): readonly PortRange[] {
  return [
    { protocol: 'tcp', first: 0, last: LAST_PORT },
    { protocol: 'udp', first: 0, last: LAST_PORT },
  ]
}

function byProtocolAndPort(a: PortRange, b: PortRange): number {
  if (a.protocol !== b.protocol) return a.protocol < b.protocol ? -1 : 1
  return a.first - b.first
}
