import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway flushes one chain after another',
  guards: ['forward'],
  during: 'flush every chain in turn',
  asks: 'an owned table',
  run: ({ storm, udp, gateway, disturbed }) => storm(() => udp(gateway[4], 8080), disturbed()),
} satisfies Attack
