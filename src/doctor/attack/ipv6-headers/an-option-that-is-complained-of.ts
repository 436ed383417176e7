import type { Attack } from '../../prove/attack.ts'
import { EXTENSION, optionHeader, TO_BE_COMPLAINED_OF, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has the gateway tell a stranger of a hop-by-hop option that came in its name',
  assumes: ['net_raw'],
  run: ({ frame, closed, open, sourcePort, payload }) => {
    const extensions = [optionHeader(EXTENSION.hopByHop, payload, TO_BE_COMPLAINED_OF)]
    frame(udpPacket({ source: closed[6], destination: open[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
