import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to the upstream itself over TLS',
  run: ({ tcp, upstream }) => tcp(upstream[4], 853),
} satisfies Attack
