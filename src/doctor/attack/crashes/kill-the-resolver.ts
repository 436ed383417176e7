import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while the resolver is killed',
  alone: true,
  run: ({ storm, tcp, closed, disturb }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturb('kill the resolver')),
} satisfies Attack
