import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for what only a zone file with a mistake in it allows',
  during: 'break the zone files',
  run: async ({ ask, name, disturbed, tcp, closed }) => {
    await disturbed()
    await ask(name('denied'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
