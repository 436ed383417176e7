import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  run: async ({ ask, name, tcp, closed }) => {
    await Promise.all([ask(name('open', 'hint'), 'AAAA'), ask(name('open', 'hint'), 65)])
    await tcp(closed[6], 443)
  },
} satisfies Attack
