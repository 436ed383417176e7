import type { Attack } from '../../prove/attack.ts'
import { octetsOf, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has the gateway itself pass it on, by a loose source route',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, own, gateway, closed, sourcePort, payload }) => {
    const options = Buffer.concat([Uint8Array.of(0x83, 7, 4), octetsOf(closed[4]), Uint8Array.of(0)])
    frame(udpPacket({ source: own[4], destination: gateway[4], sourcePort, destinationPort: 443 }, payload, { options }))
  },
} satisfies Attack
