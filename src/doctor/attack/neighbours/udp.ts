import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a datagram to another sandbox',
  guards: ['forward'],
  run: ({ udp, neighbour }) => udp(neighbour[4], 4000),
} satisfies Attack
