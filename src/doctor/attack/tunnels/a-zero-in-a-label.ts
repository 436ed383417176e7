import type { Attack } from '../../prove/attack.ts'
import { rawQuery } from '../../prove/message.ts'

export default {
  tries: 'ends an allowed name with a zero octet inside a label',
  run: ({ udp, resolver, marker }) => udp(resolver, 53, rawQuery({ labels: [marker, 'open', 'example\0', 'denied', 'example'] })),
} satisfies Attack
