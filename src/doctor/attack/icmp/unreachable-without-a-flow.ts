import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in errors about a flow that does not exist',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, payload }) =>
    packet(icmpPacket({ source: own[4], destination: closed[4] }, 3, 1, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
