import type { Attack } from '../../prove/attack.ts'
import { keepReflecting } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'a protected table',
  run: keepReflecting(6),
} satisfies Attack
