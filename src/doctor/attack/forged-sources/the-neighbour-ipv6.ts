import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: ({ frame, neighbour, closed, sourcePort }) =>
    frame(tcpPacket({ source: neighbour[6], destination: closed[6], sourcePort, destinationPort: 443 }, TCP_FLAG.syn)),
} satisfies Attack
