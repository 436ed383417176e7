import type { Attack } from '../../prove/attack.ts'
import { keepBeingComplainedOf } from '../../prove/move.ts'

export default {
  tries: 'has the gateway tell strangers of hop-by-hop options, while root of the gateway flushes one chain after another',
  assumes: ['net_raw'],
  during: 'flush every chain in turn',
  asks: 'an owned table',
  run: keepBeingComplainedOf,
} satisfies Attack
