import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'asks an opened IPv6 address over TCP, as if it were a DNS server',
  run: async ({ ask, name, tcp, question }) => {
    const [address] = await ask(name('open'), 'AAAA')
    if (address !== undefined) await tcp(address, 53, { payload: framed(question(name('denied'))) })
  },
} satisfies Attack
