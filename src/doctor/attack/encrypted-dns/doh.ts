import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to a resolver over HTTPS by its address',
  run: ({ tcp, closed }) => tcp(closed[6], 443),
} satisfies Attack
