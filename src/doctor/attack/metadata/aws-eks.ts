import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service with the credentials of EKS pods: 169.254.170.23',
  run: ({ tcp }) => tcp('169.254.170.23', 80),
} satisfies Attack
