import type { Attack } from '../../prove/attack.ts'
import { sendEveryProtocol } from '../../prove/move.ts'

export default {
  tries: 'sends every protocol but those that policy knows to an opened address',
  assumes: ['net_raw'],
  run: sendEveryProtocol(4),
} satisfies Attack
