import type { Attack } from '../../prove/attack.ts'
import { routingHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has an opened address pass it on, by a routing header of type 0',
  assumes: ['net_raw'],
  run: async ({ frame, own, sourcePort, ask, name, open, closed, payload }) => {
    await ask(name('open'), 'AAAA')
    const extensions = [routingHeader(0, closed[6])]
    frame(udpPacket({ source: own[6], destination: open[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
