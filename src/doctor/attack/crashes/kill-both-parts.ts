import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while both parts are killed',
  during: 'kill both parts',
  run: keepConnecting(4),
} satisfies Attack
