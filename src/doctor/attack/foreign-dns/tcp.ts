import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'asks another DNS server, over TCP',
  run: ({ tcp, closed, question, name }) => tcp(closed[4], 53, { payload: framed(question(name('denied'))) }),
} satisfies Attack
