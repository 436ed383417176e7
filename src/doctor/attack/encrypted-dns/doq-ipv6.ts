import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over QUIC and IPv6',
  run: ({ udp, closed }) => udp(closed[6], 853),
} satisfies Attack
