import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends with the mark by which Kubernetes lets packets pass',
  assumes: ['net_admin'],
  run: ({ marked, closed }) => marked(0x4000, closed[4]),
} satisfies Attack
