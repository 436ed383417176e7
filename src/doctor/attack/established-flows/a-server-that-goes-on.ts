import type { Attack } from '../../prove/attack.ts'
import { goOnTalking } from '../../prove/move.ts'
import { CHATTER } from '../../prove/plan.ts'

export default {
  tries: 'goes on talking on a revoked connection whose server keeps sending',
  during: 'revoke and deny',
  run: goOnTalking('grey', 4, `${CHATTER}\n`),
} satisfies Attack
