import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to benchmarking over IPv6: 2001:2::1',
  run: rebindTo('2001:2::1'),
} satisfies Attack
