import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const IPV6 = 41

export default {
  tries: 'wraps an IPv6 packet in IPv6',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(
      ip({ source: own[6], destination: open[6], protocol: IPV6 }, ip({ source: own[6], destination: open[6], protocol: 17 }, payload)),
    )
  },
} satisfies Attack
