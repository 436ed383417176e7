import type { Attack } from '../../prove/attack.ts'
import { withOpcode } from '../../prove/message.ts'

export default {
  tries: 'sends a dynamic update about an allowed name',
  run: ({ udp, resolver, question, name }) => udp(resolver, 53, withOpcode(question(name('open')), 5)),
} satisfies Attack
