import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'goes on talking on a connection whose name was taken from the zone files while the updater was dead',
  during: 'revoke during a crash',
  run: async ({ begin, disturbed, payload, pause }) => {
    const connection = await begin('grey', 4)
    await disturbed()
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
