import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/message.ts'

export default {
  tries: 'hides a denied name behind an allowed one on the same connection',
  run: ({ tcp, resolver, question, name }) =>
    tcp(resolver, 53, { payload: Buffer.concat([framed(question(name('open'))), framed(question(name('denied')))]) }),
} satisfies Attack
