import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in a hundred short labels',
  run: ({ ask, marker }) => ask([marker, ...Array.from({ length: 100 }, () => 'x'), 'denied', 'example'].join('.')),
} satisfies Attack
