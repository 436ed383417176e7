import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an HTTPS record hints at an address, beside the answer and when it is asked for',
  run: async ({ ask, name, tcp, closed }) => {
    await Promise.all([ask(name('open', 'hint'), 'A'), ask(name('open', 'hint'), 65)])
    await tcp(closed[4], 443)
  },
} satisfies Attack
