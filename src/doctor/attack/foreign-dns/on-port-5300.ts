import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks another DNS server on a port of its own',
  run: ({ udp, closed, question, name }) => udp(closed[6], 5300, question(name('denied'))),
} satisfies Attack
