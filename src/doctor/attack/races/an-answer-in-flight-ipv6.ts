import type { Attack } from '../../prove/attack.ts'
import { keepAskingFor } from '../../prove/move.ts'

export default {
  tries: 'keeps asking while its name is denied, then connects over IPv6',
  during: 'revoke and deny',
  run: keepAskingFor('barred', 6),
} satisfies Attack
