import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'keeps sending as the neighbour while root of the gateway flushes the table',
  assumes: ['net_raw'],
  during: 'flush the table',
  asks: 'a protected table',
  run: ({ storm, frame, neighbour, closed, sourcePort, disturbed }) =>
    storm(
      () => frame(tcpPacket({ source: neighbour[4], destination: closed[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn)),
      disturbed(),
    ),
} satisfies Attack
