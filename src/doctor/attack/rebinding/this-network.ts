import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to "this network": 0.0.0.1',
  run: rebindTo('0.0.0.1'),
} satisfies Attack
