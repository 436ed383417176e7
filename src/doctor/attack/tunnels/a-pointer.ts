import type { Attack } from '../../prove/attack.ts'
import { rawQuery } from '../../prove/message.ts'

export default {
  tries: 'writes a denied name with a pointer into the header',
  run: ({ udp, resolver, marker }) => {
    const query = rawQuery({ labels: [marker, 'denied', 'example'] })
    // The root after "example" becomes a pointer to octet 5, which is a label of one octet.
    return udp(resolver, 53, Buffer.concat([query.subarray(0, -5), Uint8Array.of(0xc0, 5), query.subarray(-4)]))
  },
} satisfies Attack
