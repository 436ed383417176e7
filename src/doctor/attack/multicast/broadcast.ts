import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to everybody on the link, a port of the gateway among them',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, sourcePort, payload }) =>
    frame(udpPacket({ source: own[4], destination: '255.255.255.255', sourcePort, destinationPort: 8080 }, payload)),
} satisfies Attack
