import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while the updater is killed',
  during: 'kill the updater and revoke',
  run: keepConnecting(4),
} satisfies Attack
