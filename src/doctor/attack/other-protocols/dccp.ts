import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const DCCP = 33

export default {
  tries: 'sends DCCP',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(
      ip(
        { source: own[4], destination: open[4], protocol: DCCP },
        Buffer.concat([Uint8Array.of(0x4e, 0x20, 1, 0xbb, 3, 0, 0, 0, 0, 0, 0, 1), payload]),
      ),
    )
  },
} satisfies Attack
