import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

/** Three attempts in the gateways of these runs. */
const ADDRESS_RESOLUTION_MS = 500

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: async ({ frame, closed, sourcePort, question, name, pause }) => {
    frame(udpPacket({ source: 'fd77:1::96', destination: closed[6], sourcePort, destinationPort: 53 }, question(name('denied'))))
    await pause(ADDRESS_RESOLUTION_MS)
  },
} satisfies Attack
