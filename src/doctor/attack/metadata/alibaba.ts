import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of Alibaba Cloud: 100.100.100.200',
  run: ({ tcp }) => tcp('100.100.100.200', 80),
} satisfies Attack
