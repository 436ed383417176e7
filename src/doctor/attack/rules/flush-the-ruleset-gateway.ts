import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway flushes all rules',
  guards: ['forward'],
  during: 'flush the ruleset',
  asks: 'an owned table',
  run: ({ storm, udp, gateway, disturbed }) => storm(() => udp(gateway[4], 8080), disturbed()),
} satisfies Attack
