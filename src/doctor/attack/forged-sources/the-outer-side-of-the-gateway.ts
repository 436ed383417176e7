import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'
import { GATEWAY } from '../../prove/plan.ts'

export default {
  tries: 'sends as the outer address of the gateway',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'))
    frame(tcpPacket({ source: GATEWAY[4], destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
