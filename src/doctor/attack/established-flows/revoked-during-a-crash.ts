import type { Attack } from '../../prove/attack.ts'
import { goOnTalking } from '../../prove/move.ts'

export default {
  tries: 'goes on talking on a connection whose name was taken from the zone files while the updater was dead',
  during: 'kill the updater and revoke',
  run: goOnTalking('grey', 4),
} satisfies Attack
