import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to port 22 of the gateway',
  guards: ['forward'],
  run: ({ tcp, gateway }) => tcp(gateway[4], 22),
} satisfies Attack
