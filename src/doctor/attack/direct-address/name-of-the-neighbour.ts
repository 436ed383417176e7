import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a name that only the neighbour may resolve, then connects to its address',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('theirs'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
