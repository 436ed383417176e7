import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to a resolver over TLS, port 853',
  run: ({ tcp, closed }) => tcp(closed[4], 853),
} satisfies Attack
