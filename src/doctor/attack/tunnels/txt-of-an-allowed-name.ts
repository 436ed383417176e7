import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the TXT records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'TXT'),
} satisfies Attack
