import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  run: async ({ ask, name, tcp, private: secret }) => {
    await ask(name('open', 'both'), 'AAAA')
    await tcp(secret[6], 443)
  },
} satisfies Attack
