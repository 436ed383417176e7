import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'connects to an address of a private network behind the gateway',
  run: ({ tcp, private: secret }) => tcp(secret[4], 443),
} satisfies Attack
