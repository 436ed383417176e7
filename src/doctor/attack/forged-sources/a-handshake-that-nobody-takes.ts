import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

/** Three attempts in the gateways of these runs. */
const ADDRESS_RESOLUTION_MS = 500

export default {
  tries: 'the same with a connection that the resolver accepts',
  assumes: ['net_raw'],
  // The resolver's kernel repeats its part of the handshake for a minute, and may do so while the table is gone.
  asks: 'an owned table',
  run: async ({ frame, closed, sourcePort, pause }) => {
    frame(tcpPacket({ source: '10.77.1.97', destination: closed[4], sourcePort, destinationPort: 53 }, TCP_FLAG.syn))
    await pause(ADDRESS_RESOLUTION_MS)
  },
} satisfies Attack
