import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as a stranger',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'))
    frame(tcpPacket({ source: '192.0.2.251', destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
