import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an allowed name is public at the first question, private at the second',
  run: async ({ ask, name, tcp, private: secret }) => {
    await ask(name('open', 'flip'))
    await ask(name('open', 'flip'))
    await tcp(secret[4], 443)
  },
} satisfies Attack
