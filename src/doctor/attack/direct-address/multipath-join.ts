import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, TCP_OPTION, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'joins a connection of Multipath TCP by way of an address that nothing opened',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort }) =>
    packet(tcpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443, options: TCP_OPTION.join }, TCP_FLAG.syn)),
} satisfies Attack
