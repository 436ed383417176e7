import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an allowed name has a public and a private address in one answer',
  run: async ({ ask, name, tcp, private: secret }) => {
    await ask(name('open', 'both'))
    await tcp(secret[4], 443)
  },
} satisfies Attack
