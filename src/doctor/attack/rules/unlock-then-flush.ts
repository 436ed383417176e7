import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while root of the gateway removes the routing rules, and a second later flushes all others',
  during: 'unlock the routing, then flush the ruleset',
  asks: 'a protected table',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
