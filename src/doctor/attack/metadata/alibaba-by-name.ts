import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 100.100.100.200',
  run: rebindTo('100.100.100.200'),
} satisfies Attack
