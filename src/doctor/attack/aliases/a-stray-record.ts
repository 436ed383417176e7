import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an answer holds the address of a name that nobody asked for',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'stray'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
