import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'sends what is no DNS to port 53 of a server of its own',
  run: ({ udp, closed }) => udp(closed[4], 53),
}

export default attack
