import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a unique local address of anybody: fd00::1',
  run: rebindTo('fd00::1'),
} satisfies Attack
