import type { Attack } from '../../prove/attack.ts'
import { keepAsking } from '../../prove/move.ts'

export default {
  tries: 'keeps asking a server of its own while the updater is killed',
  during: 'kill the updater and revoke',
  run: keepAsking('own'),
} satisfies Attack
