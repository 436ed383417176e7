import type { Attack } from '../../prove/attack.ts'
import { sendInFragments } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: sendInFragments(6, 'closed', 443),
} satisfies Attack
