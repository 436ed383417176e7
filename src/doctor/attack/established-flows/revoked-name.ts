import type { Attack } from '../../prove/attack.ts'
import { goOnTalking } from '../../prove/move.ts'

export default {
  tries: 'goes on talking on a connection after its name was taken from the zone files',
  during: 'revoke and deny',
  run: goOnTalking('grey', 4),
} satisfies Attack
