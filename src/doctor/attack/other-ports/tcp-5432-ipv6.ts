import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to a database on an opened IPv6 address',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'), 'AAAA')
    if (address !== undefined) await tcp(address, 5432)
  },
} satisfies Attack
