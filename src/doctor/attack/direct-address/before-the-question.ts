import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'connects to the address of an allowed name without having asked for it',
  run: ({ tcp, closed }) => tcp(closed[4], 443),
}

export default attack
