import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks by NetBIOS, port 137',
  run: ({ udp, closed, question, name }) => udp(closed[4], 137, question(name('denied'))),
} satisfies Attack
