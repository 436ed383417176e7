import type { Attack } from '../../prove/attack.ts'
import { sendingScript } from '../../prove/script.ts'

export default {
  tries: 'becomes root and sends to an address that no answer opened',
  assumes: ['setuid', 'setgid'],
  run: ({ asUser, closed, payload }) => asUser(0, sendingScript(closed[4], 443, payload)),
} satisfies Attack
