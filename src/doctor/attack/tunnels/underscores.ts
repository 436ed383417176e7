import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'carries data in labels of services',
  run: ({ ask, marker }) => ask(`_${marker}._tcp.denied.example`, 'SRV'),
} satisfies Attack
