import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while the resolver is killed',
  during: 'kill the resolver',
  run: keepAsking('own'),
} satisfies Attack
