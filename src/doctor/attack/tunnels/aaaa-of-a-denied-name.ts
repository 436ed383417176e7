import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for the IPv6 address of a denied name',
  run: ({ ask, name }) => ask(name('denied'), 'AAAA'),
} satisfies Attack
