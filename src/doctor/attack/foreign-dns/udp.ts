import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks another DNS server, over UDP',
  run: ({ udp, closed, question, name }) => udp(closed[4], 53, question(name('denied'))),
}

export default attack
