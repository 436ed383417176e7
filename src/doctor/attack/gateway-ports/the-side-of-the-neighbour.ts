import type { Attack } from '../../prove/attack.ts'
import { NEIGHBOUR_GATEWAY } from '../../prove/plan.ts'

export default {
  tries: 'connects to port 443 at the address that the gateway has towards the neighbour',
  guards: ['forward'],
  run: ({ tcp }) => tcp(NEIGHBOUR_GATEWAY[4], 443),
} satisfies Attack
