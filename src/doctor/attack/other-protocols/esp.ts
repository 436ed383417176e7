import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const ESP = 50

export default {
  tries: 'sends what looks encrypted: ESP',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: ESP }, Buffer.concat([Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 1), payload])))
  },
} satisfies Attack
