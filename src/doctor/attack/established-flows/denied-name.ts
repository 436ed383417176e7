import type { Attack } from '../../prove/attack.ts'
import { goOnTalking } from '../../prove/move.ts'

export default {
  tries: 'goes on talking on a connection after its name was denied',
  during: 'revoke and deny',
  run: goOnTalking('barred', 4),
} satisfies Attack
