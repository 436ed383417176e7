import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the TXT records of a denied name',
  run: ({ ask, name }) => ask(name('denied'), 'TXT'),
} satisfies Attack
