import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends with every mark bit set',
  assumes: ['net_admin'],
  run: ({ marked, closed }) => marked(0xffff_ffff, closed[6]),
} satisfies Attack
