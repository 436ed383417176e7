import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an address that no answer opened, port 80',
  run: ({ tcp, closed }) => tcp(closed[4], 80),
} satisfies Attack
