import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while root of the gateway deletes the table',
  during: 'delete the table',
  asks: 'a protected table',
  run: keepAsking('own'),
} satisfies Attack
