import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an opened address on a port that its entry does not name: 22, SSH',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await tcp(address, 22)
  },
} satisfies Attack
