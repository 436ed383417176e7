import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in an option that nobody knows',
  assumes: ['net_raw'],
  run: async ({ ask, name, frame, own, open, sourcePort, payload }) => {
    await ask(name('open'))
    const options = Buffer.concat([Uint8Array.of(0x5e, 18), payload.subarray(0, 16), new Uint8Array(2)])
    frame(tcpPacket({ source: own[4], destination: open[4], sourcePort, destinationPort: 443 }, TCP_FLAG.syn, undefined, { options }))
  },
} satisfies Attack
