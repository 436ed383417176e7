import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for HTTPS records, which carry address hints and keys, of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 65),
} satisfies Attack
