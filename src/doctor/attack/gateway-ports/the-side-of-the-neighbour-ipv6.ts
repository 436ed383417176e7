import type { Attack } from '../../prove/attack.ts'
import { NEIGHBOUR_GATEWAY } from '../../prove/plan.ts'

export default {
  tries: 'the same over IPv6',
  guards: ['forward'],
  run: ({ tcp }) => tcp(NEIGHBOUR_GATEWAY[6], 443),
} satisfies Attack
