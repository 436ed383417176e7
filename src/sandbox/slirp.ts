// slirp4netns(1), where there is no pasta: slower, and older distributions have it. Its DNS, its way to the machine's loopback and its
// own configuration are switched off; it forwards no port unless it is asked to by a socket that it is not given.

import type { Families } from './family.ts'
import { PLACE, PREFIX_LENGTH } from './plan.ts'
import type { Uplink } from './uplink.ts'

/** On this descriptor it says when it carries packets. */
export const READY = 3

export function slirpWords({ device, hop, reachesHost }: Uplink, families: Families): readonly [string, ...string[]] {
  return [
    'slirp4netns',
    ...['--netns-type=path', `--cidr=${networkOf(hop[4])}/${PREFIX_LENGTH[4]}`, `--ready-fd=${READY}`],
    // A root of its own without files, no capabilities, and few system calls.
    ...['--enable-sandbox', '--enable-seccomp'],
    '--disable-dns',
    ...(reachesHost ? [] : ['--disable-host-loopback']),
    ...(families.includes(6) ? ['--enable-ipv6'] : []),
    PLACE.gateway,
    device,
  ]
}

/**
 * Shell text for the gateway. It asks who has the address of a packet that comes back, as if that were on its own link. Over IPv6 it
 * believes only who answers from that very address, so the device has it, but packets to it go on to the sandbox all the same. And it
 * gives no answer when it is asked for a next hop of IPv6 that is not its own: whatever arrives is taken, wherever it was sent to.
 */
export function slirpNeighbors({ device, own, hop, isOwn }: Uplink, families: Families): string {
  const script = []
  // Else the answer waits for up to 0.8 seconds (arp(7)).
  if (!isOwn) script.push(`echo 0 >/proc/sys/net/ipv4/neigh/${device}/proxy_delay`, `ip neighbor add proxy ${own[4]} dev ${device}`)
  if (families.includes(6)) script.push(`ip neighbor replace ${hop[6]} lladdr ${ANY_ETHERNET} dev ${device} nud permanent`)
  if (families.includes(6) && !isOwn) {
    script.push(
      `ip address add ${own[6]}/128 dev ${device} nodad noprefixroute`,
      // The kernel makes that route in its own time.
      `until ip -6 route delete local ${own[6]} dev ${device} table local 2>/dev/null; do sleep 0.01; done`,
    )
  }
  return script.join('\n')
}

const ANY_ETHERNET = '52:55:00:00:00:02'

/** It has the second address of its network, which is a /25 at least. */
function networkOf(hop: string): string {
  return hop.replace(/\.\d+$/, '.0')
}
