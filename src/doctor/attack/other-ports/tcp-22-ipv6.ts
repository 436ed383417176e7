import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an opened IPv6 address on a port that its entry does not name',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'), 'AAAA')
    if (address !== undefined) await tcp(address, 22)
  },
} satisfies Attack
