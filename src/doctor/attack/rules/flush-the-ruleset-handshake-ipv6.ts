import type { Attack } from '../../prove/attack.ts'
import { shakeHandsBefore } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: shakeHandsBefore(['fd77:1::91', 'fd77:1::92'], 6),
} satisfies Attack
