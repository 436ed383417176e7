import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to a resolver over TLS and IPv6',
  run: ({ tcp, closed }) => tcp(closed[6], 853),
} satisfies Attack
