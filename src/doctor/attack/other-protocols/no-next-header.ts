import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const NO_NEXT_HEADER = 59

export default {
  tries: 'sends IPv6 that claims to hold nothing, with data behind it',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(ip({ source: own[6], destination: open[6], protocol: NO_NEXT_HEADER }, payload))
  },
} satisfies Attack
