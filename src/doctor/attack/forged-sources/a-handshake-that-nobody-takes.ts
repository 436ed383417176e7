import type { Attack } from '../../prove/attack.ts'
import { leaveTheHandshake } from '../../prove/move.ts'

export default {
  tries: 'the same with a connection that the resolver accepts',
  assumes: ['net_raw'],
  run: leaveTheHandshake('10.77.1.97', 4),
} satisfies Attack
