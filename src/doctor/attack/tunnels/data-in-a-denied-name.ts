import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'carries data in the labels of a denied name',
  run: ({ ask, name }) => ask(name('denied', 'c2VjcmV0LWRhdGE')),
}

export default attack
