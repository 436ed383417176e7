import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const EXPERIMENTAL = 253

export default {
  tries: 'sends a protocol that has no name: number 253',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: EXPERIMENTAL }, payload))
  },
} satisfies Attack
