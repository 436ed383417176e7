import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

/** Priority 7, and no virtual network (IEEE 802.1Q): the kernel takes such tags off. */
const PRIORITY = 0xe000

export default {
  tries: 'hides one that comes as the neighbour behind such a tag',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, neighbour, closed, sourcePort, payload }) =>
    frame(udpPacket({ source: neighbour[4], destination: closed[4], sourcePort, destinationPort: 443 }, payload), [PRIORITY]),
} satisfies Attack
