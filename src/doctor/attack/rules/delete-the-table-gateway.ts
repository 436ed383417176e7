import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps sending to the gateway itself while root of the gateway deletes the table',
  guards: ['forward'],
  during: 'delete the table',
  asks: 'an owned table',
  run: ({ storm, udp, gateway, disturbed }) => storm(() => udp(gateway[4], 8080), disturbed()),
} satisfies Attack
