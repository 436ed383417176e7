import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking while its name is denied, then connects over IPv6',
  during: 'revoke and deny',
  run: async ({ storm, ask, name, tcp, grey, disturbed }) => {
    await storm(() => ask(name('barred'), 'AAAA'), disturbed())
    await tcp(grey[6], 443)
  },
} satisfies Attack
