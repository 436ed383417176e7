import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while the updater is killed',
  during: 'kill the updater and revoke',
  run: keepConnecting(6),
} satisfies Attack
