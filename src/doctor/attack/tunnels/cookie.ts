import type { Attack } from '../../prove/attack.ts'
import { withOption } from '../../prove/message.ts'

export default {
  tries: 'carries data in a cookie',
  run: ({ udp, resolver, question, name, payload }) => udp(resolver, 53, withOption(question(name('open')), 10, payload.subarray(0, 24))),
} satisfies Attack
