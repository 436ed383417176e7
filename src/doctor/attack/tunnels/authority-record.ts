import type { Attack } from '../../prove/attack.ts'
import { withRecord } from '../../prove/message.ts'

export default {
  tries: 'carries data in an authority record of a question',
  run: ({ udp, resolver, question, name, payload }) => udp(resolver, 53, withRecord(question(name('open')), 'authorities', payload)),
} satisfies Attack
