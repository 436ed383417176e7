import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a name of the neighbour at the address where the neighbour asks, then connects',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('theirs'), 'A', '10.77.2.1')
    await tcp(closed[4], 443)
  },
} satisfies Attack
