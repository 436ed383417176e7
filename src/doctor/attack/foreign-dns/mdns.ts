import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks by multicast DNS, port 5353, with a unicast destination',
  run: ({ udp, closed, question, name }) => udp(closed[4], 5353, question(name('denied'))),
}

export default attack
