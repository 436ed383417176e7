import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting over IPv6 while sallyport is stopped and started again',
  during: 'stop',
  run: keepConnecting(6),
} satisfies Attack
