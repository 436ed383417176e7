import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data below the special name "local"',
  run: ({ ask, marker }) => ask(`${marker}.local`),
} satisfies Attack
