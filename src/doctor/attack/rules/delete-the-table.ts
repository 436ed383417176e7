import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while root of the gateway deletes the table',
  during: 'delete the table',
  asks: 'a protected table',
  run: keepConnecting(4),
} satisfies Attack
