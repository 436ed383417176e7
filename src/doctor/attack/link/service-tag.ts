import type { Attack } from '../../prove/attack.ts'
import { TAG, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides one that comes as the neighbour behind the tag of a provider (IEEE 802.1ad)',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, neighbour, closed, sourcePort, payload }) => {
    const ends = { source: neighbour[4], destination: closed[4], sourcePort, destinationPort: 443 }
    frame(udpPacket(ends, payload), [TAG.servicePriority, TAG.priority])
  },
} satisfies Attack
