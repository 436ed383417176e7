import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in the longest labels that there are',
  run: ({ ask, marker }) => ask([marker, 'a'.repeat(63), 'b'.repeat(63), 'denied', 'example'].join('.')),
} satisfies Attack
