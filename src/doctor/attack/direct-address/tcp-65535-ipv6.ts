import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the highest port of an IPv6 address that no answer opened',
  run: ({ tcp, closed }) => tcp(closed[6], 65_535),
} satisfies Attack
