import type { Attack } from '../../prove/attack.ts'
import { EXTENSION, optionHeader, udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'hides the port of an opened address behind eight headers',
  assumes: ['net_raw'],
  run: async ({ frame, own, sourcePort, ask, name, open, payload }) => {
    await ask(name('open'), 'AAAA')
    const extensions = [...Array.from({ length: 8 }, () => optionHeader(EXTENSION.destination, payload))]
    frame(udpPacket({ source: own[6], destination: open[6], sourcePort, destinationPort: 22 }, payload, { extensions }))
  },
} satisfies Attack
