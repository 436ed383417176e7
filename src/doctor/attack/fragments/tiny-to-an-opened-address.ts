import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { fragmentsOf, TCP_FLAG, tcp } from '../../prove/packet.ts'

export default {
  tries: 'the same, to a closed port of an opened address',
  assumes: ['net_raw'],
  run: async ({ packet, own, sourcePort, payload, number, open, ask, name }) => {
    await ask(name('open'))
    const ends = { source: own[4], destination: open[4], sourcePort, destinationPort: 22 }
    for (const each of fragmentsOf({ ...ends, protocol: PROTOCOL.tcp }, tcp(ends, TCP_FLAG.syn, payload), 8, number)) packet(each)
  },
} satisfies Attack
