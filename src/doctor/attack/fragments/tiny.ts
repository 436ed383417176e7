import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, TCP_FLAG, tcp } from '../../prove/packet.ts'

export default {
  tries: 'sends the beginning of a connection in fragments of eight octets',
  assumes: ['net_raw'],
  run: ({ packet, own, sourcePort, payload, number, closed }) => {
    const ends = { source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }
    for (const each of fragmentsOf({ ...ends, protocol: PROTOCOL.tcp }, tcp(ends, TCP_FLAG.syn, payload), 8, number)) packet(each)
  },
} satisfies Attack
