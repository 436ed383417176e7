import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over TLS to an address that is open on port 443',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await tcp(address, 853)
  },
} satisfies Attack
