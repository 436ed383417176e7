import type { Attack } from '../../prove/attack.ts'
import { GATEWAY } from '../../prove/plan.ts'

export default {
  tries: 'the same over IPv6',
  guards: ['forward'],
  run: ({ tcp }) => tcp(GATEWAY[6], 22),
} satisfies Attack
