import type { Attack } from '../../prove/attack.ts'
import { rawQuery } from '../../prove/message.ts'

export default {
  tries: 'hides a denied name behind an allowed one in the same message',
  run: ({ udp, resolver, marker }) =>
    udp(resolver, 53, rawQuery({ labels: [marker, 'open', 'example'] }, { labels: [marker, 'denied', 'example'] })),
} satisfies Attack
