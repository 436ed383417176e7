import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends one fragment that is the whole (RFC 6946)',
  assumes: ['net_raw'],
  run: ({ packet, own, sourcePort, payload, number, closed }) => {
    const ends = { source: own[6], destination: closed[6], sourcePort, destinationPort: 443 }
    packet(udpPacket(ends, payload, { fragment: { offset: 0, more: false, id: number } }))
  },
} satisfies Attack
