import type { Attack } from '../../prove/attack.ts'
import { sendEveryProtocol } from '../../prove/move.ts'

export default {
  tries: 'the same over IPv6',
  assumes: ['net_raw'],
  run: sendEveryProtocol(6),
} satisfies Attack
