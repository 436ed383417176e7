import type { Attack } from '../../prove/attack.ts'
import { icmpPacket, octetsOf, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'redirects the gateway to itself, in the name of the next router',
  assumes: ['net_raw'],
  guards: ['forward'],
  inert: 'a kernel takes redirects only on the interface of the router that they come from',
  run: ({ frame, closed, gateway, upstream, own }) => {
    const quoted = udpPacket({ source: gateway[4], destination: closed[4], sourcePort: 1, destinationPort: 1 }, new Uint8Array(8))
    frame(icmpPacket({ source: upstream[4], destination: gateway[4] }, 5, 1, Buffer.concat([octetsOf(own[4]), quoted])))
  },
} satisfies Attack
