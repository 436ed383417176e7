import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a denied name, then connects to the address that it has',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('denied'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
