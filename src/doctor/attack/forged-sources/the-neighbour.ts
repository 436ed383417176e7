import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as the neighbour, to an address that is open to it alone',
  assumes: ['net_raw'],
  run: ({ frame, neighbour, closed, sourcePort }) =>
    frame(tcpPacket({ source: neighbour[4], destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn)),
} satisfies Attack
