import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking the upstream over IPv6 while root of the gateway flushes the table',
  during: 'flush the table',
  asks: 'a protected table',
  run: keepAsking('upstream'),
} satisfies Attack
