import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data behind the end of a question',
  run: ({ udp, resolver, question, name, payload }) => udp(resolver, 53, Buffer.concat([question(name('open')), payload])),
} satisfies Attack
