import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, udp } from '../../prove/packet.ts'

export default {
  tries: 'sends the later fragments alone, which have no port',
  assumes: ['net_raw'],
  run: async ({ packet, own, sourcePort, payload, number, open, ask, name }) => {
    await ask(name('open'))
    const ends = { source: own[4], destination: open[4], sourcePort, destinationPort: 443 }
    for (const each of fragmentsOf(
      { ...ends, protocol: PROTOCOL.udp },
      udp(ends, Buffer.concat([payload, Buffer.alloc(2_000, payload)])),
      1_200,
      number,
    ).slice(1))
      packet(each)
  },
} satisfies Attack
