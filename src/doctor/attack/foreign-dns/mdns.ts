import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks by multicast DNS, port 5353, with a unicast destination',
  run: ({ udp, closed, question, name }) => udp(closed[4], 5353, question(name('denied'))),
} satisfies Attack
