import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'asks the upstream itself for a denied name, over TCP',
  run: ({ tcp, upstream, question, name }) => tcp(upstream[4], 53, { payload: framed(question(name('denied'))) }),
} satisfies Attack
