import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of AWS over IPv6: fd00:ec2::254',
  run: ({ tcp }) => tcp('fd00:ec2::254', 80),
} satisfies Attack
