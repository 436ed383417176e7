import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

/** Three attempts in the gateways of these runs. */
const ADDRESS_RESOLUTION_MS = 500

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: async ({ frame, closed, sourcePort, pause }) => {
    frame(tcpPacket({ source: 'fd77:1::98', destination: closed[6], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
    await pause(ADDRESS_RESOLUTION_MS)
  },
} satisfies Attack
