import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const GRE = 47

export default {
  tries: 'wraps it in GRE, towards an opened address',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: GRE }, Buffer.concat([Uint8Array.of(0, 0, 8, 0), payload])))
  },
} satisfies Attack
