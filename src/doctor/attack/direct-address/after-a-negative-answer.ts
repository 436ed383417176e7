import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a type that an allowed name does not have, then connects to its address',
  run: async ({ ask, name, tcp, grey }) => {
    await ask(name('grey'), 'TXT')
    await tcp(grey[4], 443)
  },
} satisfies Attack
