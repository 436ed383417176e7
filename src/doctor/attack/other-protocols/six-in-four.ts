import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const IPV6 = 41

export default {
  tries: 'wraps an IPv6 packet in IPv4, as 6to4 and 6in4 do',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(
      ip({ source: own[4], destination: open[4], protocol: IPV6 }, ip({ source: own[6], destination: open[6], protocol: 17 }, payload)),
    )
  },
} satisfies Attack
