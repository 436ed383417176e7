import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for URI records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 256),
} satisfies Attack
