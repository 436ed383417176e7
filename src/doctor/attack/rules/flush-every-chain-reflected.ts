import type { Attack } from '../../prove/attack.ts'
import { keepReflecting } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell a stranger what it sent in its name, while root of the gateway flushes one chain after another',
  assumes: ['net_raw'],
  during: 'flush every chain in turn',
  asks: 'a protected table',
  run: keepReflecting(4),
} satisfies Attack
