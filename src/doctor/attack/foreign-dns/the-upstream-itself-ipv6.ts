import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks the upstream itself for a denied name, over IPv6',
  run: ({ udp, upstream, question, name }) => udp(upstream[6], 53, question(name('denied'))),
} satisfies Attack
