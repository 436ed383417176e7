import type { Attack } from '../../prove/attack.ts'
import { sendingScript } from '../../prove/script.ts'

export default {
  tries: 'becomes root of a user namespace of its own, flushes every rule there, then connects',
  run: async ({ asOwnRoot, closed, payload, tcp }) => {
    await asOwnRoot(sendingScript(closed[4], 443, payload))
    await tcp(closed[4], 443)
  },
} satisfies Attack
