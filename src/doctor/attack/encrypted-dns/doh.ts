import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'speaks to a resolver over HTTPS by its address',
  run: ({ tcp, closed }) => tcp(closed[6], 443),
}

export default attack
