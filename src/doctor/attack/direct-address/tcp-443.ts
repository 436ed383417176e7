import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an address that no answer opened, port 443',
  run: ({ tcp, closed }) => tcp(closed[4], 443),
} satisfies Attack
