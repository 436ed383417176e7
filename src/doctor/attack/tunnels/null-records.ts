import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for NULL records, which carry any octets, of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'NULL'),
} satisfies Attack
