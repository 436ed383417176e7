import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, TCP_OPTION, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort }) =>
    packet(tcpPacket({ source: own[6], destination: closed[6], sourcePort, destinationPort: 443, options: TCP_OPTION.join }, TCP_FLAG.syn)),
} satisfies Attack
