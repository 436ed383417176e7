import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data below in-addr.arpa',
  run: ({ ask, marker }) => ask(`${marker}.2.0.192.in-addr.arpa`, 'PTR'),
} satisfies Attack
