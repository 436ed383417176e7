import type { Attack } from '../../prove/attack.ts'
import { GATEWAY } from '../../prove/plan.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'the same over IPv6',
  guards: ['forward'],
  run: rebindTo(GATEWAY[6]),
} satisfies Attack
