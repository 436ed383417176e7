import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

/** Three attempts in the gateways of these runs. */
const ADDRESS_RESOLUTION_MS = 500

export default {
  tries: 'has the gateway refuse an address that nobody has, so that it tells the destination',
  assumes: ['net_raw'],
  run: async ({ frame, closed, sourcePort, pause }) => {
    frame(tcpPacket({ source: '10.77.1.98', destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
    await pause(ADDRESS_RESOLUTION_MS)
  },
} satisfies Attack
