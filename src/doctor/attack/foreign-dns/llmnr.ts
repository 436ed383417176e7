import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks by LLMNR, port 5355, with a unicast destination',
  run: ({ udp, closed, question, name }) => udp(closed[6], 5355, question(name('denied'))),
} satisfies Attack
