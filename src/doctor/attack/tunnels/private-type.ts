import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a type of the private range, of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 65_400),
} satisfies Attack
