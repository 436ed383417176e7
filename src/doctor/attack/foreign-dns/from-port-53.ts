import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { ip, udp } from '../../prove/packet.ts'

export default {
  tries: 'sends from port 53, as an answer would come',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, payload }) => {
    const ends = { source: own[4], destination: closed[4], sourcePort: 53, destinationPort: 9_999 }
    packet(ip({ ...ends, protocol: PROTOCOL.udp }, udp(ends, payload)))
  },
} satisfies Attack
