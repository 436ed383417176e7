import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'a protected table',
  run: ({ storm, frame, closed, open, sourcePort, payload, disturbed }) =>
    storm(() => frame(udpPacket({ source: closed[6], destination: open[6], sourcePort, destinationPort: 443 }, payload)), disturbed()),
} satisfies Attack
