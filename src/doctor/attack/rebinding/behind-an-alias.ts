import type { Attack } from '../../prove/attack.ts'
import { leadingTo } from '../../prove/rebind.ts'

export default {
  tries: 'an allowed name is an alias of one that has a private address',
  run: async ({ ask, name, tcp, private: secret }) => {
    await ask(name('open', leadingTo(secret[4]).replace('a-', 'alias-')))
    await tcp(secret[4], 443)
  },
} satisfies Attack
