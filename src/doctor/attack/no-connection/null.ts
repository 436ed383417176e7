import type { Attack } from '../../prove/attack.ts'
import { tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in a segment without flags',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, payload }) =>
    packet(tcpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, 0, payload)),
} satisfies Attack
