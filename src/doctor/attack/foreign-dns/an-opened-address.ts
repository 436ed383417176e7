import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks an opened address, as if it were a DNS server',
  run: async ({ ask, name, udp, question }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await udp(address, 53, question(name('denied')))
  },
} satisfies Attack
