import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while both parts are killed',
  during: 'kill both parts',
  run: keepAsking('own'),
} satisfies Attack
