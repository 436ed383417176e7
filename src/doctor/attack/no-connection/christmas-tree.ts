import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

const URG = 32

export default {
  tries: 'carries data in a segment with the flags FIN, PSH and URG',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, payload }) =>
    packet(
      tcpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.fin | TCP_FLAG.psh | URG, payload),
    ),
} satisfies Attack
