import type { Attack } from '../../prove/attack.ts'
import { embedded, rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network inside an IPv6 address: an IPv4-compatible address',
  run: (tools) => rebind(tools, embedded(tools.private[4], 'compatible')),
} satisfies Attack
