import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'keeps asking for a denied name while the zone files change again and again',
  during: 'reload again and again',
  run: ({ storm, ask, name, disturbed }) => storm(() => ask(name('denied')), disturbed()),
} satisfies Attack
