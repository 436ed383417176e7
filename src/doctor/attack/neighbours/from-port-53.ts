import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to another sandbox from port 53, as its resolver would',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ packet, own, neighbour, payload }) =>
    packet(udpPacket({ source: own[4], destination: neighbour[4], sourcePort: 53, destinationPort: 4000 }, payload)),
} satisfies Attack
