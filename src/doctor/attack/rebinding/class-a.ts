import type { Attack } from '../../prove/attack.ts'
import { rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a private network, 10/8',
  run: (tools) => rebind(tools, tools.private[4]),
} satisfies Attack
