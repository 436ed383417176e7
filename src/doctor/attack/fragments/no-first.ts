import type { Attack } from '../../prove/attack.ts'
import { sendInFragments } from '../../prove/move.ts'

export default {
  tries: 'sends the later fragments alone, which have no port',
  assumes: ['net_raw'],
  run: sendInFragments(4, 'open', 443, 1),
} satisfies Attack
