import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for NAPTR records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 35),
} satisfies Attack
