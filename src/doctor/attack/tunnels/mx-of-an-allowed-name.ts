import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for MX records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'MX'),
} satisfies Attack
