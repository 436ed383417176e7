import type { Attack } from '../../prove/attack.ts'
import { leaveIncomplete } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: leaveIncomplete(6),
} satisfies Attack
