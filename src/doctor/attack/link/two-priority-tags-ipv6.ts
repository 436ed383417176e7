import type { Attack } from '../../prove/attack.ts'
import { TAG, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides one over IPv6 behind two of them',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, closed, sourcePort, payload }) =>
    frame(udpPacket({ source: own[6], destination: closed[6], sourcePort, destinationPort: 443 }, payload), [TAG.priority, TAG.priority]),
} satisfies Attack
