import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in the pings of a program without privileges',
  run: ({ ping, closed }) => ping(closed[4]),
} satisfies Attack
