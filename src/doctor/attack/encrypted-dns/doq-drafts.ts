import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over QUIC on the ports of its drafts',
  run: async ({ udp, closed }) => {
    for (const port of [784, 8853]) await udp(closed[4], port)
  },
} satisfies Attack
