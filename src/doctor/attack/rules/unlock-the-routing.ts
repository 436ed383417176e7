import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while root of the gateway removes the routing rules',
  during: 'unlock the routing',
  run: keepConnecting(4),
} satisfies Attack
