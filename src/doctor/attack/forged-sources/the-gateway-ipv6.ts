import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as the gateway, over IPv6',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, gateway, open, sourcePort }) => {
    await ask(name('open'), 'AAAA')
    frame(tcpPacket({ source: gateway[6], destination: open[6], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
