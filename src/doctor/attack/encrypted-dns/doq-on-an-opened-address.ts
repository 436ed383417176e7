import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over QUIC to an address that is open on port 443',
  run: async ({ ask, name, udp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await udp(address, 853)
  },
} satisfies Attack
