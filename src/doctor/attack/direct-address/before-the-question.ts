import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the address of an allowed name without having asked for it',
  run: ({ tcp, closed }) => tcp(closed[4], 443),
} satisfies Attack
