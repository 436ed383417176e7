import type { Attack } from '../../prove/attack.ts'
import { GATEWAY } from '../../prove/plan.ts'

export default {
  tries: 'connects to port 22 at the outer address of the gateway',
  guards: ['forward'],
  run: ({ tcp }) => tcp(GATEWAY[4], 22),
} satisfies Attack
