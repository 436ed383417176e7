import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of most clouds: 169.254.169.254',
  run: ({ tcp }) => tcp('169.254.169.254', 80),
} satisfies Attack
