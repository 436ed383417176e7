import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the Docker API of the gateway, over IPv6',
  guards: ['forward'],
  run: ({ tcp, gateway }) => tcp(gateway[6], 2375),
} satisfies Attack
