import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'tells something by which of many allowed names it asks for',
  open: 'who may ask may choose what to ask: the upstream and the owners of the names see it',
  run: async ({ ask, name }) => {
    for (const bit of ['yes', 'no']) await ask(name('tunnel', bit))
  },
} satisfies Attack
