import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has every router on the way write the time down',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, own, open, sourcePort }) => {
    await ask(name('open'))
    const options = Uint8Array.of(0x44, 8, 5, 0, 0, 0, 0, 0)
    frame(tcpPacket({ source: own[4], destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn, undefined, { options }))
  },
} satisfies Attack
