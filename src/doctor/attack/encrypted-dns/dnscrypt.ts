import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNSCrypt, UDP port 5443',
  run: ({ udp, closed }) => udp(closed[4], 5443),
} satisfies Attack
