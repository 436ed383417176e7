import type { Attack } from '../../prove/attack.ts'
import { embedded, rebindTo } from '../../prove/rebind.ts'

export default {
  tries: 'has an allowed name lead to 169.254.169.254 inside an IPv6 address: mapped',
  run: rebindTo(embedded('169.254.169.254', 'mapped')),
} satisfies Attack
