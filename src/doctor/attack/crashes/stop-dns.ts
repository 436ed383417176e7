import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking a server of its own while sallyport is stopped and started again',
  during: 'stop',
  run: ({ storm, udp, closed, question, name, disturbed }) => storm(() => udp(closed[4], 53, question(name('denied'))), disturbed()),
} satisfies Attack
