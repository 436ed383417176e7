import type { Attack } from '../../prove/attack.ts'
import { icmpPacket, ON_LINK, octetsOf } from '../../prove/packet.ts'

const LINK_LOCAL = 'fe80::5a'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  guards: ['forward'],
  inert: 'a kernel takes redirects from link-local addresses only',
  run: ({ frame, closed, gateway, upstream }) => {
    const rest = Buffer.concat([new Uint8Array(4), octetsOf(LINK_LOCAL), octetsOf(closed[6])])
    frame(icmpPacket({ source: upstream[6], destination: gateway[6] }, 137, 0, rest, ON_LINK))
  },
} satisfies Attack
