import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to the metadata service with the credentials of ECS tasks: 169.254.170.2',
  run: ({ tcp }) => tcp('169.254.170.2', 80),
} satisfies Attack
