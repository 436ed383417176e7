import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an answer has an alias, and the address of another name than its target',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('open', 'broken'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
