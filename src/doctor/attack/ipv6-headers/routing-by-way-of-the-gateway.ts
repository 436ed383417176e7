import type { Attack } from '../../prove/attack.ts'
import { routingHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has the gateway itself pass it on, by a routing header',
  assumes: ['net_raw'],
  guards: ['forward'],
  inert: 'since RFC 5095 no kernel follows a routing header of type 0',
  run: ({ frame, own, gateway, closed, sourcePort, payload }) => {
    const extensions = [routingHeader(0, closed[6])]
    frame(udpPacket({ source: own[6], destination: gateway[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
