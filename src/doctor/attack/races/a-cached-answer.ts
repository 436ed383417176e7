import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks again for what it was told before its name was taken from the zone files, then connects',
  during: 'revoke and deny',
  run: async ({ ask, name, tcp, grey, disturbed }) => {
    await ask(name('grey'))
    await disturbed()
    await ask(name('grey'))
    await tcp(grey[4], 443)
  },
} satisfies Attack
