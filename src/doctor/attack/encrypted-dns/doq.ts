import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'speaks DNS over QUIC, UDP port 853',
  run: ({ udp, closed }) => udp(closed[4], 853),
}

export default attack
