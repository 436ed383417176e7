import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to another sandbox',
  guards: ['forward'],
  run: ({ tcp, neighbour }) => tcp(neighbour[4], 443),
} satisfies Attack
