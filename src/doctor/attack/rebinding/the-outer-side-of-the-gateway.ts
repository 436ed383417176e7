import type { Attack } from '../../prove/attack.ts'
import { GATEWAY } from '../../prove/plan.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to the outer address of the gateway',
  guards: ['forward'],
  run: rebindTo(GATEWAY[4]),
} satisfies Attack
