import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'has an allowed name pass it on to anybody, as a proxy does',
  open: 'a service that relays is as open as what it relays to: do not allow it',
  run: async ({ ask, name, tcp, payload }) => {
    const [address] = await ask(name('shared'))
    const request = Buffer.from('CONNECT elsewhere.example:443 HTTP/1.1\r\n\r\n')
    if (address !== undefined) await tcp(address, 443, { payload: Buffer.concat([request, payload]) })
  },
} satisfies Attack
