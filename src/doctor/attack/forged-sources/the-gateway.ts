import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends as the gateway',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, gateway, open, sourcePort }) => {
    await ask(name('open'))
    frame(tcpPacket({ source: gateway[4], destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
