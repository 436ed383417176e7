import type { Attack } from '../../prove/attack.ts'
import { optionHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides it behind a header that nobody knows',
  assumes: ['net_raw'],
  run: async ({ frame, own, sourcePort, ask, name, open, payload }) => {
    await ask(name('open'), 'AAAA')
    const extensions = [optionHeader(253, payload)]
    frame(udpPacket({ source: own[6], destination: open[6], sourcePort, destinationPort: 443 }, payload, { extensions }))
  },
} satisfies Attack
