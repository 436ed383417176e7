import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to segment routing: 5f00::1',
  run: rebindTo('5f00::1'),
} satisfies Attack
