import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks the resolver beside the metadata, UDP port 53',
  run: ({ udp, question, name }) => udp('169.254.169.253', 53, question(name('denied'))),
} satisfies Attack
