import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for the name of a public DNS-over-HTTPS resolver that nobody allows',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('denied', 'dns'))
    await tcp(closed[4], 443)
  },
}

export default attack
