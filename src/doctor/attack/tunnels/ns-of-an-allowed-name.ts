import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for NS records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'NS'),
} satisfies Attack
