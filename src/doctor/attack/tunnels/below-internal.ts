import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data below the special name "internal"',
  run: ({ ask, marker }) => ask(`${marker}.internal`),
} satisfies Attack
