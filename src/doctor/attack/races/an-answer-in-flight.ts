import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking while its name is taken from the zone files, then connects',
  during: 'revoke and deny',
  run: async ({ storm, ask, name, tcp, grey, disturbed }) => {
    await storm(() => ask(name('grey')), disturbed())
    await tcp(grey[4], 443)
  },
} satisfies Attack
