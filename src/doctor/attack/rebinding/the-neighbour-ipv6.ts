import type { Attack } from '../../prove/attack.ts'
import { rebind } from '../../prove/rebind.ts'

export default {
  tries: 'the same over IPv6',
  guards: ['forward'],
  run: (tools) => rebind(tools, tools.neighbour[6]),
} satisfies Attack
