import type { Attack } from '../../prove/attack.ts'
import { embedded, rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network inside an IPv6 address: 6to4',
  run: (tools) => rebind(tools, embedded(tools.private[4], '6to4')),
} satisfies Attack
