import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of Google Cloud over IPv6: fd20:ce::254',
  run: ({ tcp }) => tcp('fd20:ce::254', 80),
} satisfies Attack
