import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in the answer to a connection that nobody began',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, payload }) =>
    packet(tcpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn | TCP_FLAG.ack, payload)),
} satisfies Attack
