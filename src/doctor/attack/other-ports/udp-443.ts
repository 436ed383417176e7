import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'sends datagrams to an opened address on the number of its TCP port',
  run: async ({ ask, name, udp }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await udp(address, 443)
  },
}

export default attack
