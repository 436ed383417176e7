import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 169.254.169.254',
  run: rebindTo('169.254.169.254'),
} satisfies Attack
