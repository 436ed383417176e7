import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, udp } from '../../prove/packet.ts'

export default {
  tries: 'sends a datagram in fragments',
  assumes: ['net_raw'],
  run: ({ packet, own, sourcePort, payload, number, closed }) => {
    const ends = { source: own[4], destination: closed[4], sourcePort, destinationPort: 443 }
    for (const each of fragmentsOf(
      { ...ends, protocol: PROTOCOL.udp },
      udp(ends, Buffer.concat([payload, Buffer.alloc(2_000, payload)])),
      1_200,
      number,
    ))
      packet(each)
  },
} satisfies Attack
