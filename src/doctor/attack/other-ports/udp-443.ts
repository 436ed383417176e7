import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends datagrams to an opened address on the number of its TCP port',
  run: async ({ ask, name, udp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await udp(address, 443)
  },
} satisfies Attack
