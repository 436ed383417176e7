import type { Attack } from '../../prove/attack.ts'
import { rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to a unique local address',
  run: (tools) => rebind(tools, tools.private[6]),
} satisfies Attack
