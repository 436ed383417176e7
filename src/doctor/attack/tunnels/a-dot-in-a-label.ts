import type { Attack } from '../../prove/attack.ts'
import { rawQuery } from '../../prove/message.ts'

export default {
  tries: 'has a label with dots in it pass for an allowed name',
  run: ({ udp, resolver, marker }) => udp(resolver, 53, rawQuery({ labels: [marker, 'denied.example.open', 'example'] })),
} satisfies Attack
