import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a denied name at the outer address of the gateway',
  guards: ['forward'],
  inert: 'without a resolver nobody answers there',
  run: ({ ask, name }) => ask(name('denied'), 'A', '198.51.100.253'),
} satisfies Attack
