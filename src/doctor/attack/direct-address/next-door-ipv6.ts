import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'opens one IPv6 address, then connects to another in its /64',
  run: async ({ ask, name, tcp, open }) => {
    await ask(name('open'), 'AAAA')
    await tcp(`${open[6]}:1`, 443)
  },
} satisfies Attack
