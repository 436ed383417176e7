import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while the resolver is killed',
  during: 'kill the resolver',
  run: keepConnecting(4),
} satisfies Attack
