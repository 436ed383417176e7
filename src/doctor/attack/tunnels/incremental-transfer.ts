import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the changes of a zone',
  run: ({ udp, resolver, question, name }) => udp(resolver, 53, question(name('open'), 251)),
} satisfies Attack
