import type { Attack } from '../../prove/attack.ts'
import { quietly } from '../../prove/script.ts'

export default {
  tries: 'kills every process of the guard that it may, then connects',
  run: async ({ guardPids, closed, tcp }) => {
    for (const pid of guardPids()) quietly(() => process.kill(pid, 'SIGKILL'))
    await tcp(closed[4], 443)
  },
} satisfies Attack
