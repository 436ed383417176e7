import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  guards: ['forward'],
  run: ({ udp, gateway }) => udp(gateway[6], 8080),
} satisfies Attack
