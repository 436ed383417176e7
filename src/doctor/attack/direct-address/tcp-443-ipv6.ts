import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'the same over IPv6',
  run: ({ tcp, closed }) => tcp(closed[6], 443),
}

export default attack
