import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while the resolver is killed',
  during: 'kill the resolver',
  run: keepConnecting(6),
} satisfies Attack
