import type { Attack } from '../../prove/attack.ts'
import { keepShakingHands } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: keepShakingHands('fd77:1::95', 6),
} satisfies Attack
