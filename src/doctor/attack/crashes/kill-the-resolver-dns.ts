import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking a server of its own while the resolver is killed',
  during: 'kill the resolver',
  run: ({ storm, udp, closed, question, name, disturbed }) => storm(() => udp(closed[4], 53, question(name('denied'))), disturbed()),
} satisfies Attack
