import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps connecting while root of the gateway flushes the table',
  during: 'flush the table',
  asks: 'a protected table',
  run: ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[4], 443, { timeoutMs: 20 }), disturbed()),
} satisfies Attack
