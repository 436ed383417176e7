import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'carries data in an acknowledgement to an opened address on a closed port',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, sourcePort, payload }) => {
    await ask(name('open'))
    packet(tcpPacket({ source: own[4], destination: open[4], sourcePort, destinationPort: 22 }, TCP_FLAG.ack, payload))
  },
} satisfies Attack
