import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'an allowed name is an alias of a denied one, and leads there',
  open: 'whoever owns an allowed name says where it leads: CDNs work like that',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('open', 'cname-denied'))
    if (address !== undefined) await tcp(address, 443)
  },
} satisfies Attack
