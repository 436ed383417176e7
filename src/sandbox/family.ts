import { readFileSync } from 'node:fs'

export type Families = readonly (4 | 6)[]

/** Destination, prefix length … flags, device: proc_net_ipv6_route. */
const IPV6_DEFAULT = /^0{32} 00 .* (\S+)$/
/** Device, destination …, in the machine's order: proc_net_route. */
const IPV4_DEFAULT = /^(\S+)\t00000000\t/

/** The families in which this machine has a way out: those that it has a default route for. */
export function familiesHere(): Families {
  const has4 = linesOf('/proc/net/route').some((line) => IPV4_DEFAULT.test(line))
  const has6 = linesOf('/proc/net/ipv6_route').some((line) => (IPV6_DEFAULT.exec(line)?.[1] ?? 'lo') !== 'lo')
  return [...(has4 ? [4 as const] : []), ...(has6 ? [6 as const] : [])]
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n')
  } catch {
    return []
  }
}
