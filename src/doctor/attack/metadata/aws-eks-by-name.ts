import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 169.254.170.23',
  run: rebindTo('169.254.170.23'),
} satisfies Attack
