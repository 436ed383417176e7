import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6: a unique local address',
  run: ({ tcp, private: secret }) => tcp(secret[6], 443),
} satisfies Attack
