import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while both parts are killed',
  during: 'kill both parts',
  run: keepConnecting(6),
} satisfies Attack
