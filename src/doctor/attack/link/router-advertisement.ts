import type { Attack } from '../../prove/attack.ts'
import { icmpPacket, ON_LINK, octetsOf } from '../../prove/packet.ts'

const LINK_LOCAL = 'fe80::5a'
const ROUTER_ADVERTISEMENT = 134

export default {
  tries: 'advertises the prefix of somebody else as its own',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, closed }) => {
    const option = Buffer.concat([Uint8Array.of(3, 4, 128, 0xc0, 0, 0, 7, 8, 0, 0, 7, 8, 0, 0, 0, 0), octetsOf(closed[6])])
    const advertisement = Buffer.concat([Uint8Array.of(64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), option])
    frame(icmpPacket({ source: LINK_LOCAL, destination: 'ff02::1' }, ROUTER_ADVERTISEMENT, 0, advertisement, ON_LINK))
  },
} satisfies Attack
