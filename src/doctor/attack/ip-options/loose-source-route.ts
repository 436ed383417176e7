import type { Attack } from '../../prove/attack.ts'
import { octetsOf, TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'has an opened address pass it on, by a loose source route',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, own, open, sourcePort, closed }) => {
    await ask(name('open'))
    const options = Buffer.concat([Uint8Array.of(0x83, 7, 4), octetsOf(closed[4]), Uint8Array.of(0)])
    frame(tcpPacket({ source: own[4], destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn, undefined, { options }))
  },
} satisfies Attack
