import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const EXPERIMENTAL = 253

export default {
  tries: 'sends a protocol that has no name over IPv6',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(ip({ source: own[6], destination: open[6], protocol: EXPERIMENTAL }, payload))
  },
} satisfies Attack
