import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to 127.0.0.1 by way of the gateway, which kube-proxy lets routers believe',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, sourcePort, payload }) =>
    frame(udpPacket({ source: own[4], destination: '127.0.0.1', sourcePort, destinationPort: 8080 }, payload)),
} satisfies Attack
