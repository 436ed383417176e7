import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while root of the gateway flushes all rules',
  during: 'flush the ruleset',
  asks: 'a protected table',
  run: keepAsking('own'),
} satisfies Attack
