import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service with the credentials of EKS pods over IPv6: fd00:ec2::23',
  run: ({ tcp }) => tcp('fd00:ec2::23', 80),
} satisfies Attack
