import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data below the special name "onion"',
  run: ({ ask, marker }) => ask(`${marker}.onion`),
} satisfies Attack
