import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in the labels below an allowed wildcard',
  open: 'who allows a wildcard lets its owner read the names that are asked for below it; resolver.budget bounds how much',
  run: ({ ask, name }) => ask(name('tunnel', 'c2VjcmV0LWRhdGE')),
} satisfies Attack
