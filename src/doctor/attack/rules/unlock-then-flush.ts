import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while root of the gateway removes the routing rules, and a second later flushes all others',
  during: 'unlock the routing, then flush the ruleset',
  asks: 'a protected table',
  run: keepConnecting(4),
} satisfies Attack
