import type { Attack } from '../../prove/attack.ts'
import { leaveIncomplete } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell a stranger that the rest of what came in its name did not come',
  assumes: ['net_raw'],
  run: leaveIncomplete(4),
} satisfies Attack
