import type { Attack } from '../../prove/attack.ts'
import { keepCallingTheGateway } from '../../prove/move.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway flushes all rules',
  guards: ['forward'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: keepCallingTheGateway,
} satisfies Attack
