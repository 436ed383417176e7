import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while root of the gateway removes the routing rules',
  during: 'unlock the routing',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
