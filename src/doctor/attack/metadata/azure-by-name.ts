import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 168.63.129.16',
  run: rebindTo('168.63.129.16'),
} satisfies Attack
