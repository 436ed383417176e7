import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends data in the first packet of a connection, as TCP Fast Open does',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, payload }) =>
    packet(tcpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn, payload)),
} satisfies Attack
