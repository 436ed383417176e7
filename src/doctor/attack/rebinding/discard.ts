import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to the discard prefix: 100::1',
  run: rebindTo('100::1'),
} satisfies Attack
