import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as an IPv4-mapped address',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'), 'AAAA')
    frame(tcpPacket({ source: '::ffff:10.77.1.2', destination: open[6], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
