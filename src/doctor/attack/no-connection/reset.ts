import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in a reset',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, payload }) =>
    packet(tcpPacket({ source: own[6], destination: closed[6], sourcePort, destinationPort: 443 }, TCP_FLAG.rst, payload)),
} satisfies Attack
