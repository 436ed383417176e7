import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for SRV records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'SRV'),
} satisfies Attack
