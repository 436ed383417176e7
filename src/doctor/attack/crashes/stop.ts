import type { Attack } from '../../prove/attack.ts'
import { keepConnecting } from '../../prove/move.ts'

export default {
  tries: 'keeps connecting while sallyport is stopped and started again',
  during: 'stop',
  run: keepConnecting(4),
} satisfies Attack
