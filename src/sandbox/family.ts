import { readFileSync } from 'node:fs'

export type Families = readonly (4 | 6)[]

/** Device, destination …, in the machine's order: proc_net_route. */
const IPV4_DEFAULT = /^(\S+)\t00000000\t/m

/** The families in which the sandbox has a way out: those that this machine has a default route for; IPv4 alone for now. */
export function familiesHere(): Families {
  return IPV4_DEFAULT.test(readFileSync('/proc/net/route', 'utf8')) ? [4] : []
}
