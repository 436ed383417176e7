import type { Attack } from '../../prove/attack.ts'
import { keepReflecting } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell a stranger what it sent in its name, while root of the gateway flushes all rules',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'a protected table',
  run: keepReflecting(4),
} satisfies Attack
