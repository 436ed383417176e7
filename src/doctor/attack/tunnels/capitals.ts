import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in upper and lower case of an allowed name',
  run: ({ ask, marker }) => ask(`${marker}.${'secret'.repeat(9)}.open.example`.toUpperCase()),
} satisfies Attack
