import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Attack } from '../../prove/attack.ts'
import { quietly } from '../../prove/script.ts'

export default {
  tries: 'writes settings without a guard',
  run: async ({ state, tcp, closed }) => {
    if (state !== undefined) quietly(() => writeFileSync(join(dirname(state), 'sallyport.yaml'), 'updater: {guard: none}\n'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
