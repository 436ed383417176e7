import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'enters the network namespace of the guard, and connects from there',
  run: async ({ enterGuard, closed, payload, tcp }) => {
    enterGuard(closed[4], payload)
    await tcp(closed[4], 443)
  },
} satisfies Attack
