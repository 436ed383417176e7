import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the SOA record of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'SOA'),
} satisfies Attack
