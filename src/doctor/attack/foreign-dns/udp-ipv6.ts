import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks another DNS server, over UDP and IPv6',
  run: ({ udp, closed, question, name }) => udp(closed[6], 53, question(name('denied'))),
}

export default attack
