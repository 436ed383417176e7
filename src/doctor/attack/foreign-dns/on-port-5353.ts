import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'asks another DNS server on a port of its own, over TCP',
  run: ({ tcp, closed, question, name }) => tcp(closed[4], 5353, { payload: framed(question(name('denied'))) }),
} satisfies Attack
