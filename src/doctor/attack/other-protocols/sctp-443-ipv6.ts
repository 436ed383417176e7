import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const SCTP = 132

export default {
  tries: 'sends SCTP to an opened IPv6 address, port 443',
  assumes: ['net_raw'],
  run: async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), 'AAAA')
    packet(
      ip(
        { source: own[6], destination: open[6], protocol: SCTP },
        Buffer.concat([Uint8Array.of(0x4e, 0x20, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0), payload]),
      ),
    )
  },
} satisfies Attack
