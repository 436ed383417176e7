import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const IPIP = 4

export default {
  tries: 'wraps an IPv4 packet in IPv6',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(
      ip({ source: own[6], destination: open[6], protocol: IPIP }, ip({ source: own[4], destination: open[4], protocol: 17 }, payload)),
    )
  },
} satisfies Attack
