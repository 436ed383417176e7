import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'asks for the transfer of a zone',
  run: ({ tcp, resolver, question, name }) => tcp(resolver, 53, { payload: framed(question(name('open'), 252)) }),
} satisfies Attack
