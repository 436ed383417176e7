import type { Attack } from '../../prove/attack.ts'
import { rawQuery } from '../../prove/message.ts'

export default {
  tries: 'carries any octets in a label below an allowed suffix',
  run: ({ udp, resolver, marker }) =>
    udp(resolver, 53, rawQuery({ labels: [marker, Uint8Array.of(0, 1, 2, 128, 255), 'open', 'example'] })),
} satisfies Attack
