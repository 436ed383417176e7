import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const L2TP = 115

export default {
  tries: 'sends L2TP without UDP',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: L2TP }, Buffer.concat([Uint8Array.of(0, 0, 0, 1), payload])))
  },
} satisfies Attack
