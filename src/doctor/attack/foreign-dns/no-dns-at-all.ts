import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends what is no DNS to port 53 of a server of its own',
  run: ({ udp, closed }) => udp(closed[4], 53),
} satisfies Attack
