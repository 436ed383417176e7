import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks DNS over HTTP/3 to a resolver by its address',
  run: ({ udp, closed, payload }) => udp(closed[4], 443, Buffer.concat([Uint8Array.of(0xc3, 0, 0, 0, 1), payload])),
} satisfies Attack
