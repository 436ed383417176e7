import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for a denied name in the middle of the chain of an allowed one',
  run: async ({ ask, name, marker }) => {
    await ask(name('open', 'chain'))
    await ask(`${marker}.middle.denied.example`)
  },
} satisfies Attack
