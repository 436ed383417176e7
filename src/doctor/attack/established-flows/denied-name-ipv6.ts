import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'the same over IPv6',
  during: 'deny',
  run: async ({ begin, disturbed, payload, pause }) => {
    const connection = await begin('grey', 6)
    await disturbed()
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
