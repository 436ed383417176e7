import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to another sandbox over IPv6',
  guards: ['forward'],
  run: ({ tcp, neighbour }) => tcp(neighbour[6], 443),
} satisfies Attack
