import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for keys of DNSSEC of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 48),
} satisfies Attack
