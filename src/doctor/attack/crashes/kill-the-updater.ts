import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while the updater is killed',
  during: 'kill the updater',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
