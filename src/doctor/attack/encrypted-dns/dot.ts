import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'speaks to a resolver over TLS, port 853',
  run: ({ tcp, closed }) => tcp(closed[4], 853),
}

export default attack
