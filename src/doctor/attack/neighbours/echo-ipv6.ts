import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ packet, own, neighbour, payload }) =>
    packet(icmpPacket({ source: own[6], destination: neighbour[6] }, 128, 0, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
