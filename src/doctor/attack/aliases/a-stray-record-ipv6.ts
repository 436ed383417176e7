import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'stray'), 'AAAA')
    await tcp(closed[6], 443)
  },
} satisfies Attack
