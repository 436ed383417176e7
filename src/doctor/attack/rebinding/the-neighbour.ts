import type { Attack } from '../../prove/attack.ts'
import { rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to another sandbox',
  guards: ['forward'],
  run: (tools) => rebind(tools, tools.neighbour[4]),
} satisfies Attack
