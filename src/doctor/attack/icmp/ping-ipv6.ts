import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  run: ({ ping, closed }) => ping(closed[6]),
} satisfies Attack
