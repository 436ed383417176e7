import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in the labels of a denied name',
  run: ({ ask, name }) => ask(name('denied', 'c2VjcmV0LWRhdGE')),
} satisfies Attack
