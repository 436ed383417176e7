import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks another DNS server, over UDP',
  run: ({ udp, closed, question, name }) => udp(closed[4], 53, question(name('denied'))),
} satisfies Attack
