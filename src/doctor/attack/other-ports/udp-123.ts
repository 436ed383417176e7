import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends datagrams to an opened address on a port that its entry does not name: 123, NTP',
  run: async ({ ask, name, udp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await udp(address, 123)
  },
} satisfies Attack
