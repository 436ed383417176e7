import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for PTR records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'PTR'),
} satisfies Attack
