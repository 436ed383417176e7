import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'goes on talking on a connection after its name was taken from the zone files',
  during: 'revoke',
  run: async ({ begin, disturbed, payload, pause }) => {
    const connection = await begin('grey', 4)
    await disturbed()
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
