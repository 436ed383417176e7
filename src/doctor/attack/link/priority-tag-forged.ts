import type { Attack } from '../../prove/attack.ts'
import { TAG, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides one that comes as the neighbour behind such a tag',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, neighbour, closed, sourcePort, payload }) =>
    frame(udpPacket({ source: neighbour[4], destination: closed[4], sourcePort, destinationPort: 443 }, payload), [TAG.priority]),
} satisfies Attack
