import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to the upstream itself over HTTPS',
  run: ({ tcp, upstream }) => tcp(upstream[6], 443),
} satisfies Attack
