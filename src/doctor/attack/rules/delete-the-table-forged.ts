import type { Attack } from '../../prove/attack.ts'
import { keepForging } from '../../prove/move.ts'

export default {
  tries: 'keeps sending as the neighbour while root of the gateway deletes the table',
  assumes: ['net_raw'],
  during: 'delete the table',
  asks: 'a protected table',
  run: keepForging,
} satisfies Attack
