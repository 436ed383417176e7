import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has an echo reply go to another sandbox, by asking the gateway as that sandbox',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, neighbour, gateway, payload }) =>
    frame(icmpPacket({ source: neighbour[4], destination: gateway[4] }, 8, 0, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
