import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network, 192.168/16: 192.168.0.1',
  run: rebindTo('192.168.0.1'),
} satisfies Attack
