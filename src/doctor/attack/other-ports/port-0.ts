import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends a datagram to port 0 of an opened address',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, sourcePort, payload }) => {
    await ask(name('open'))
    packet(udpPacket({ source: own[4], destination: open[4], sourcePort, destinationPort: 0 }, payload))
  },
} satisfies Attack
