import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a datagram to port 8080 of the gateway',
  guards: ['forward'],
  run: ({ udp, gateway }) => udp(gateway[4], 8080),
} satisfies Attack
