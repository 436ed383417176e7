import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to port 8080 of the gateway, over IPv6',
  guards: ['forward'],
  run: ({ tcp, gateway }) => tcp(gateway[6], 8080),
} satisfies Attack
