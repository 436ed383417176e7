import type { Attack } from '../../prove/attack.ts'
import { TAG, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends in a virtual network of its own (IEEE 802.1Q)',
  assumes: ['net_raw'],
  guards: ['forward'],
  inert: 'a kernel takes what comes in a virtual network that it has no interface in to be meant for somebody else',
  run: ({ frame, own, closed, sourcePort, payload }) =>
    frame(udpPacket({ source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }, payload), [TAG.fifth]),
} satisfies Attack
