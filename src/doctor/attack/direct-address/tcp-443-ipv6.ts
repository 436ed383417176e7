import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  run: ({ tcp, closed }) => tcp(closed[6], 443),
} satisfies Attack
