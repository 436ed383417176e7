import type { Attack } from '../../prove/attack.ts'
import { shakeHandsBefore } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell the far side that nobody takes a handshake of the resolver, while root of the gateway flushes all rules',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: shakeHandsBefore(['10.77.1.91', '10.77.1.92'], 4),
} satisfies Attack
