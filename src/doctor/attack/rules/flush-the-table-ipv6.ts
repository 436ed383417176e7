import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while root of the gateway flushes the table',
  during: 'flush the table',
  asks: 'a protected table',
  run: keepConnecting(6),
} satisfies Attack
