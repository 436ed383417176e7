import type { Attack } from '../../prove/attack.ts'
import { withClass } from '../../prove/message.ts'

export default {
  tries: 'asks for an allowed name in class CHAOS',
  run: ({ udp, resolver, question, name }) => udp(resolver, 53, withClass(question(name('open')), 3)),
} satisfies Attack
