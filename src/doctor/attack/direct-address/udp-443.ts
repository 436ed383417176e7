import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a datagram to an address that no answer opened',
  run: ({ udp, closed }) => udp(closed[4], 443),
} satisfies Attack
