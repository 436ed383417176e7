import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a datagram to another sandbox over IPv6',
  guards: ['forward'],
  run: ({ udp, neighbour }) => udp(neighbour[6], 4000),
} satisfies Attack
