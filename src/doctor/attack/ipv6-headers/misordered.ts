import type { Attack } from '../../prove/attack.ts'
import { EXTENSION, optionHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'puts the hop-by-hop options last',
  assumes: ['net_raw'],
  run: ({ frame, own, sourcePort, closed, payload }) => {
    const extensions = [optionHeader(EXTENSION.destination, payload), optionHeader(EXTENSION.hopByHop, payload)]
    frame(udpPacket({ source: own[6], destination: closed[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
