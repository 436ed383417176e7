import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an answer has a DNAME without the alias that it makes, and the address of its target',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'dname-alone'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
