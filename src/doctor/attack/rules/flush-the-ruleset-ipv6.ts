import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting over IPv6 while root of the gateway flushes all rules',
  during: 'flush the ruleset',
  asks: 'a protected table',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[6], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
