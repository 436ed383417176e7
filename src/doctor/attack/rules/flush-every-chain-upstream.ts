import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking the upstream over IPv6 while root of the gateway flushes one chain after another',
  during: 'flush every chain in turn',
  asks: 'a protected table',
  run: keepAsking('upstream'),
} satisfies Attack
