import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to all nodes of the link, a port of the gateway among them',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, sourcePort, payload }) =>
    frame(udpPacket({ source: own[6], destination: 'ff02::1', sourcePort, destinationPort: 8080 }, payload)),
} satisfies Attack
