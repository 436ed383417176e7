import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'asks as the neighbour for a name that only it may resolve, then connects itself',
  assumes: ['net_raw'],
  run: async ({ frame, neighbour, gateway, sourcePort, question, name, tcp, closed }) => {
    const ends = { source: neighbour[4], destination: gateway[4], sourcePort, destinationPort: 53 }
    frame(udpPacket(ends, question(name('theirs'))))
    await tcp(closed[4], 443)
  },
} satisfies Attack
