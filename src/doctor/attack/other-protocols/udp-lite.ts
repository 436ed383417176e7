import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const UDP_LITE = 136

export default {
  tries: 'sends UDP-Lite',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(
      ip(
        { source: own[4], destination: open[4], protocol: UDP_LITE },
        Buffer.concat([Uint8Array.of(0x4e, 0x20, 1, 0xbb, 0, 8, 0, 0), payload]),
      ),
    )
  },
} satisfies Attack
