import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking a server of its own while root of the gateway flushes one chain after another',
  during: 'flush every chain in turn',
  asks: 'a protected table',
  run: ({ storm, udp, closed, question, name, disturbed }) => storm(() => udp(closed[4], 53, question(name('denied'))), disturbed()),
} satisfies Attack
