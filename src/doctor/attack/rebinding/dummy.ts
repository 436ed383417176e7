import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to the dummy prefix: 100:0:0:1::1',
  run: rebindTo('100:0:0:1::1'),
} satisfies Attack
