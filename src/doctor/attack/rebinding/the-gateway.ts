import type { Attack } from '../../prove/attack.ts'
import { rebind } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to the gateway',
  guards: ['forward'],
  run: (tools) => rebind(tools, tools.gateway[4]),
} satisfies Attack
