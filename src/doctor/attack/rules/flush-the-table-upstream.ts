import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking the upstream over IPv6 while root of the gateway flushes the table',
  during: 'flush the table',
  asks: 'a protected table',
  run: ({ storm, udp, upstream, question, name, disturbed }) => storm(() => udp(upstream[6], 53, question(name('denied'))), disturbed()),
} satisfies Attack
