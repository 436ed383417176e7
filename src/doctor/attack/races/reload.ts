import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while the zone files change again and again',
  during: 'reload again and again',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
