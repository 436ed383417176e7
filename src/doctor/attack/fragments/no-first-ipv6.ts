import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, udp } from '../../prove/packet.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: async ({ packet, own, sourcePort, payload, number, open, ask, name }) => {
    await ask(name('open'), 'AAAA')
    const ends = { source: own[6], destination: open[6], sourcePort, destinationPort: 443 }
    for (const each of fragmentsOf(
      { ...ends, protocol: PROTOCOL.udp },
      udp(ends, Buffer.concat([payload, Buffer.alloc(2_000, payload)])),
      1_200,
      number,
    ).slice(1))
      packet(each)
  },
} satisfies Attack
