import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data below the special name "localhost"',
  run: ({ ask, marker }) => ask(`${marker}.localhost`),
} satisfies Attack
