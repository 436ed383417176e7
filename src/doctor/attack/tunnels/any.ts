import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for ANY of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'ANY'),
} satisfies Attack
