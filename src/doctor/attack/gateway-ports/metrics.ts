import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the port of metrics exporters of the gateway',
  guards: ['forward'],
  run: ({ tcp, gateway }) => tcp(gateway[4], 9100),
} satisfies Attack
