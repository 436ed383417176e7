import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service of Azure, at an address that is public otherwise: 168.63.129.16',
  run: ({ tcp }) => tcp('168.63.129.16', 80),
} satisfies Attack
