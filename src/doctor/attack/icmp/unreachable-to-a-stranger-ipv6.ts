import type { Attack } from '../../prove/attack.ts'
import { tellAStranger } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: tellAStranger(6),
} satisfies Attack
