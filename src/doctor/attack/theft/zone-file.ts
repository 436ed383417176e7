import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Attack } from '../../prove/attack.ts'
import { quietly } from '../../prove/script.ts'

export default {
  tries: 'writes a zone file that allows a denied name, then asks for it',
  run: async ({ state, ask, name, tcp, closed }) => {
    if (state !== undefined) quietly(() => writeFileSync(join(dirname(state), 'zones', 'mine.zone'), '*.denied.example\n'))
    await ask(name('denied'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
