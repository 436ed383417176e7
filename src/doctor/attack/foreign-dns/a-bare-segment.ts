import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends a question in a TCP segment of no connection',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, sourcePort, question, name }) => {
    const ends = { source: own[4], destination: closed[4], sourcePort, destinationPort: 53 }
    packet(tcpPacket(ends, TCP_FLAG.psh | TCP_FLAG.ack, framed(question(name('denied')))))
  },
} satisfies Attack
