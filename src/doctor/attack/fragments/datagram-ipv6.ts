import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, udp } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: ({ packet, own, sourcePort, payload, number, closed }) => {
    const ends = { source: own[6], destination: closed[6], sourcePort, destinationPort: 443 }
    for (const each of fragmentsOf(
      { ...ends, protocol: PROTOCOL.udp },
      udp(ends, Buffer.concat([payload, Buffer.alloc(2_000, payload)])),
      1_200,
      number,
    ))
      packet(each)
  },
} satisfies Attack
