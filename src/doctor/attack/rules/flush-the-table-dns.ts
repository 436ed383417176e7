import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking a server of its own while root of the gateway flushes the table',
  during: 'flush the table',
  asks: 'a protected table',
  run: ({ storm, udp, closed, question, name, disturbed }) => storm(() => udp(closed[4], 53, question(name('denied'))), disturbed()),
} satisfies Attack
