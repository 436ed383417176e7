import type { Attack } from '../../prove/attack.ts'
import { withOption } from '../../prove/message.ts'

export default {
  tries: 'carries data in a client subnet',
  run: ({ udp, resolver, question, name, payload }) => udp(resolver, 53, withOption(question(name('open')), 8, payload)),
} satisfies Attack
