import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const OSPF = 89

export default {
  tries: 'speaks a routing protocol',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: OSPF }, payload))
  },
} satisfies Attack
