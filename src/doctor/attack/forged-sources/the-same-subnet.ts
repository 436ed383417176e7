import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: "sends as an address of the sandbox's own subnet that is not its own",
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, open, sourcePort }) => {
    await ask(name('open'))
    frame(tcpPacket({ source: '10.77.1.99', destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn))
  },
} satisfies Attack
