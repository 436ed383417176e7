import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to the shared space of carriers: 100.64.0.1',
  run: rebindTo('100.64.0.1'),
} satisfies Attack
