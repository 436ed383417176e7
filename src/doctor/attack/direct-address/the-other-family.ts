import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the IPv6 address of a name, then connects to its IPv4 address',
  run: async ({ ask, name, tcp, grey }) => {
    await ask(name('grey'), 'AAAA')
    await tcp(grey[4], 443)
  },
} satisfies Attack
