import type { Attack } from '../../prove/attack.ts'
import { keepCallingTheGateway } from '../../prove/move.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway deletes the table',
  guards: ['forward'],
  during: 'delete the table',
  asks: 'an owned table',
  run: keepCallingTheGateway,
} satisfies Attack
