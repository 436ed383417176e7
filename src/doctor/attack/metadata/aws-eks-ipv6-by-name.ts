import type { Attack } from '../../prove/attack.ts'
import { rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to fd00:ec2::23',
  run: rebindTo('fd00:ec2::23'),
} satisfies Attack
