import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as 0.0.0.0',
  assumes: ['net_raw'],
  inert: 'the kernel itself turns back what has no source that anybody could answer',
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'))
    frame(tcpPacket({ source: '0.0.0.0', destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
