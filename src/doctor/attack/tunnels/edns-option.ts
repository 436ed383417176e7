import type { Attack } from '../../prove/attack.ts'
import { withOption } from '../../prove/message.ts'

export default {
  tries: 'carries data in an EDNS option',
  run: ({ udp, resolver, question, name, payload }) => udp(resolver, 53, withOption(question(name('open')), 65_001, payload)),
} satisfies Attack
