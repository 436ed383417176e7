import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'connects to an address that no answer opened, port 443',
  run: ({ tcp, closed }) => tcp(closed[4], 443),
}

export default attack
