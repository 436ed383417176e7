import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a link-local address: 169.254.1.1',
  run: rebindTo('169.254.1.1'),
} satisfies Attack
