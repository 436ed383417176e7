import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to fd20:ce::254',
  run: rebindTo('fd20:ce::254'),
} satisfies Attack
