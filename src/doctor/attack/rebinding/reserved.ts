import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to what is reserved, 240/4: 240.0.0.1',
  run: rebindTo('240.0.0.1'),
} satisfies Attack
