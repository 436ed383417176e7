import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends CONNECT to a proxy on an opened address, port 3128',
  run: async ({ ask, name, tcp, payload }) => {
    const [address] = await ask(name('open'))
    if (address !== undefined) await tcp(address, 3128, { payload: Buffer.concat([Buffer.from('CONNECT '), payload]) })
  },
} satisfies Attack
