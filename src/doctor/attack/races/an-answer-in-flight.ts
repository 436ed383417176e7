import type { Attack } from '../../prove/attack.ts'
import { keepAskingFor } from '../../prove/move.ts'

export default {
  tries: 'keeps asking while its name is taken from the zone files, then connects',
  during: 'revoke and deny',
  run: keepAskingFor('grey', 4),
} satisfies Attack
