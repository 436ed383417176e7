import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the DNAME records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 39),
} satisfies Attack
