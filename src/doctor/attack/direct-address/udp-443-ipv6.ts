import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a datagram to an IPv6 address that no answer opened',
  run: ({ udp, closed }) => udp(closed[6], 443),
} satisfies Attack
