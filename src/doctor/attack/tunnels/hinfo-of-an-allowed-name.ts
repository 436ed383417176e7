import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for HINFO records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 13),
} satisfies Attack
