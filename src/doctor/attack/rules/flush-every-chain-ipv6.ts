import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while root of the gateway flushes one chain after another',
  during: 'flush every chain in turn',
  asks: 'a protected table',
  run: keepConnecting(6),
} satisfies Attack
