import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'speaks DNS over TLS to an address that is open on port 443',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await tcp(address, 853)
  },
}

export default attack
