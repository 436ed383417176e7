import { LOCK_MARK } from '../../../updater/routing-lock.ts'
import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends with the mark of the routing lock',
  assumes: ['net_admin'],
  run: ({ marked, closed }) => marked(LOCK_MARK, closed[4]),
} satisfies Attack
