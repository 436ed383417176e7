import type { Attack } from '../../prove/attack.ts'
import { keepShakingHands } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell the far side that nobody takes a handshake of the resolver, while root of the gateway flushes all rules',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: keepShakingHands('10.77.1.95', 4),
} satisfies Attack
