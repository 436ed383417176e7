import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of Oracle Cloud: 192.0.0.192',
  run: ({ tcp }) => tcp('192.0.0.192', 80),
} satisfies Attack
