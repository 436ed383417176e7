import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to protocol assignments, 192.0.0/24: 192.0.0.1',
  run: rebindTo('192.0.0.1'),
} satisfies Attack
