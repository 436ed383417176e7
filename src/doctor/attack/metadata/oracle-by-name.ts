import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 192.0.0.192',
  run: rebindTo('192.0.0.192'),
} satisfies Attack
