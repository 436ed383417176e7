import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an opened address on a port that its entry does not name: 25, mail',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await tcp(address, 25)
  },
} satisfies Attack
