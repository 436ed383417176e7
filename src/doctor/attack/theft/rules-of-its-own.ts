import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'flushes every rule that it may, then connects',
  assumes: ['net_admin'],
  run: async ({ flushRules, tcp, closed }) => {
    flushRules()
    await tcp(closed[4], 443)
  },
} satisfies Attack
