import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks another DNS server, over UDP and IPv6',
  run: ({ udp, closed, question, name }) => udp(closed[6], 53, question(name('denied'))),
} satisfies Attack
