import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while both parts are killed',
  during: 'kill both parts',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
