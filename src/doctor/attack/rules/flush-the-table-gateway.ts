import type { Attack } from '../../prove/attack.ts'
import { keepCallingTheGateway } from '../../prove/move.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway flushes the table',
  guards: ['forward'],
  during: 'flush the table',
  asks: 'an owned table',
  run: keepCallingTheGateway,
} satisfies Attack
