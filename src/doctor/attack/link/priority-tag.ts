import type { Attack } from '../../prove/attack.ts'
import { TAG, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides a datagram behind a tag of a virtual network that is none',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, closed, sourcePort, payload }) =>
    frame(udpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, payload), [TAG.priority]),
} satisfies Attack
