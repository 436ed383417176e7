import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const AUTHENTICATION = 51

export default {
  tries: 'sends it behind an authentication header',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'))
    packet(
      ip(
        { source: own[4], destination: open[4], protocol: AUTHENTICATION },
        Buffer.concat([Uint8Array.of(17, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1), payload]),
      ),
    )
  },
} satisfies Attack
