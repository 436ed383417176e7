import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks the upstream itself for a denied name',
  run: ({ udp, upstream, question, name }) => udp(upstream[4], 53, question(name('denied'))),
} satisfies Attack
