import type { Attack } from '../../prove/attack.ts'
import { keepForging } from '../../prove/move.ts'

export default {
  tries: 'keeps sending as the neighbour while root of the gateway flushes the table',
  assumes: ['net_raw'],
  during: 'flush the table',
  asks: 'a protected table',
  run: keepForging,
} satisfies Attack
