import type { Attack } from '../../prove/attack.ts'
import { embedded, rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network inside an IPv6 address: an IPv4-mapped address',
  run: (tools) => rebind(tools, embedded(tools.private[4], 'mapped')),
} satisfies Attack
