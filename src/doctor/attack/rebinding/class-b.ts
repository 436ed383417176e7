import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network, 172.16/12: 172.16.0.1',
  run: rebindTo('172.16.0.1'),
} satisfies Attack
