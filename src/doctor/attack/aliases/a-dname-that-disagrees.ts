import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an answer has a DNAME and another alias than it makes, and the address of its target',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'dname-forged'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
