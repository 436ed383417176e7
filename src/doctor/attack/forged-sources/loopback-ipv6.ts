import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as ::1',
  assumes: ['net_raw'],
  inert: 'the kernel itself turns back what has no source that anybody could answer',
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'), 'AAAA')
    frame(tcpPacket({ source: '::1', destination: open[6], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
