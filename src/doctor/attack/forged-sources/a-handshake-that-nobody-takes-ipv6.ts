import type { Attack } from '../../prove/attack.ts'
import { leaveTheHandshake } from '../../prove/move.ts'

export default {
  tries: 'the same with a connection over IPv6 that the resolver accepts',
  assumes: ['net_raw'],
  run: leaveTheHandshake('fd77:1::97', 6),
} satisfies Attack
