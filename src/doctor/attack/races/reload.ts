import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while the zone files change again and again',
  during: 'reload again and again',
  run: keepConnecting(4),
} satisfies Attack
