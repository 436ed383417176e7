import type { Attack } from '../../prove/attack.ts'
import { tellAStranger } from '../../prove/move.ts'

export default {
  tries: 'tells a stranger of an error on a connection to somebody else',
  assumes: ['net_raw'],
  run: tellAStranger(4),
} satisfies Attack
