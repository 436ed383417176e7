import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to 169.254.169.254, port 80',
  run: ({ tcp }) => tcp('169.254.169.254', 80),
} satisfies Attack
