import type { Attack } from '../../prove/attack.ts'
import { goOnTalking } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  during: 'revoke and deny',
  run: goOnTalking('grey', 6),
} satisfies Attack
