import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the name of a public DNS-over-HTTPS resolver that nobody allows',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('denied', 'dns'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
