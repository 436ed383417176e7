import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to benchmarking, 198.18/15: 198.18.0.1',
  run: rebindTo('198.18.0.1'),
} satisfies Attack
