import type { Attack } from '../../prove/attack.ts'
import { sendInFragments } from '../../prove/move.ts'

export default {
  tries: 'sends a datagram in fragments',
  assumes: ['net_raw'],
  run: sendInFragments(4, 'closed', 443),
} satisfies Attack
