import type { Attack } from '../../prove/attack.ts'
import { TCP_FLAG, TCP_OPTION, tcpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends data in the first packet of a connection, with a cookie of TCP Fast Open, to another port of an address that is open',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, sourcePort, payload }) => {
    await ask(name('open'))
    const ends = { source: own[4], destination: open[4], sourcePort, destinationPort: 22, options: TCP_OPTION.cookie }
    packet(tcpPacket(ends, TCP_FLAG.syn, payload))
  },
} satisfies Attack
