import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an answer holds another address of the name among its additional records',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'extra'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
