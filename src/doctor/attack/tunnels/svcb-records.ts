import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for SVCB records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 64),
} satisfies Attack
