import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const GRE = 47

export default {
  tries: 'wraps it in GRE over IPv6',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(ip({ source: own[6], destination: open[6], protocol: GRE }, Buffer.concat([Uint8Array.of(0, 0, 8, 0), payload])))
  },
} satisfies Attack
