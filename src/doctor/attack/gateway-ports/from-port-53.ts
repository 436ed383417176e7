import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to a port of the gateway from port 53, as a resolver would',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ packet, own, gateway, payload }) =>
    packet(udpPacket({ source: own[4], destination: gateway[4], sourcePort: 53, destinationPort: 8080 }, payload)),
} satisfies Attack
