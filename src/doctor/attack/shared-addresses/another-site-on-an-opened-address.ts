import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'reaches another site that shares the address of an allowed name',
  open: 'an address is opened for everybody who shares it, until names are bound to connections by SNI',
  run: async ({ ask, name, tcp, payload }) => {
    const [address] = await ask(name('shared'))
    if (address !== undefined) await tcp(address, 443, { payload: Buffer.concat([Buffer.from('Host: elsewhere.example '), payload]) })
  },
} satisfies Attack
