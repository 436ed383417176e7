import type { Attack } from '../../prove/attack.ts'
import { sendInFragments } from '../../prove/move.ts'

export default {
  tries: 'sends a datagram in fragments to a closed port of an opened address',
  assumes: ['net_raw'],
  run: sendInFragments(4, 'open', 4000),
} satisfies Attack
