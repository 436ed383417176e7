import type { Attack } from '../../prove/attack.ts'
import { CHATTER } from '../../prove/plan.ts'

export default {
  tries: 'goes on talking on a revoked connection whose server keeps sending',
  during: 'revoke',
  run: async ({ begin, disturbed, payload, pause }) => {
    const connection = await begin('grey', 4)
    connection.send(Buffer.from(`${CHATTER}\n`))
    await disturbed()
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
