import type { Attack } from '../../prove/attack.ts'
import { EXTENSION, optionHeader, routingHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides the routing header behind destination options',
  assumes: ['net_raw'],
  run: async ({ frame, own, sourcePort, ask, name, open, closed, payload }) => {
    await ask(name('open'), 'AAAA')
    const extensions = [optionHeader(EXTENSION.destination, payload), routingHeader(0, closed[6])]
    frame(udpPacket({ source: own[6], destination: open[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
