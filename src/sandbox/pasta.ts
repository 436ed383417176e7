// pasta(1): packets of a namespace to sockets of the machine's. What else it offers is switched off: forwarded ports, the machine's
// loopback, DNS, DHCP, router advertisements.

import type { Families } from './family.ts'
import { FOLDER, PLACE, PREFIX_LENGTH } from './plan.ts'
import type { Uplink } from './uplink.ts'

/** It writes its process id to the file below FOLDER when it carries packets. */
export function pastaWords({ device, own, hop, reachesHost }: Uplink, families: Families): readonly [string, ...string[]] {
  const only = families.length === 1 ? [`-${families[0]}`] : []
  return [
    'pasta',
    ...['--foreground', '--stderr', '--quiet', '--pid', `${FOLDER}/${pidFileOf(device)}`],
    // It would become nobody, who cannot enter the namespace; it gives up its capabilities all the same.
    ...['--runas', '0'],
    ...['--netns-only', '--netns', PLACE.gateway, '--ns-ifname', device],
    ...families.flatMap((family) => ['--address', own[family], '--gateway', hop[family]]),
    ...['--netmask', String(PREFIX_LENGTH[4])],
    ...only,
    ...['--tcp-ports', 'none', '--udp-ports', 'none', '--tcp-ns', 'none', '--udp-ns', 'none'],
    ...['--dns', 'none', '--search', 'none', '--no-dhcp', '--no-dhcpv6', '--no-ra'],
    ...(reachesHost ? [] : ['--no-map-gw']),
  ]
}

export function pidFileOf(device: string): string {
  return `${device}.pid`
}
