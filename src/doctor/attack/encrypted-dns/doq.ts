import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over QUIC, UDP port 853',
  run: ({ udp, closed }) => udp(closed[4], 853),
} satisfies Attack
