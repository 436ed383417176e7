import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a site-local address: fec0::1',
  run: rebindTo('fec0::1'),
} satisfies Attack
