import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the denied name that an allowed one is an alias of',
  run: async ({ ask, name }) => {
    await ask(name('open', 'cname-denied'))
    await ask(name('denied'))
  },
} satisfies Attack
