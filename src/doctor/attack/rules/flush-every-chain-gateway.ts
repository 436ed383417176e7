import type { Attack } from '../../prove/attack.ts'
import { keepCallingTheGateway } from '../../prove/move.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway flushes one chain after another',
  guards: ['forward'],
  during: 'flush every chain in turn',
  asks: 'an owned table',
  run: keepCallingTheGateway,
} satisfies Attack
