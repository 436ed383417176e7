import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while sallyport is stopped and started again',
  during: 'stop',
  run: keepAsking('own'),
} satisfies Attack
