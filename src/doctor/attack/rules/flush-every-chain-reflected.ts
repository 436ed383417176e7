import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has the gateway tell a stranger what it sent in its name, while root of the gateway flushes one chain after another',
  assumes: ['net_raw'],
  during: 'flush every chain in turn',
  asks: 'a protected table',
  run: ({ storm, frame, closed, open, sourcePort, payload, disturbed }) =>
    storm(() => frame(udpPacket({ source: closed[4], destination: open[4], sourcePort, destinationPort: 443 }, payload)), disturbed()),
} satisfies Attack
