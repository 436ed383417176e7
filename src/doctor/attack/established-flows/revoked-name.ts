import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'goes on talking on a connection after its name was taken from the zone files',
  alone: true,
  run: async ({ ask, name, flow, disturb, payload, pause }) => {
    const [address] = await ask(name('grey'))
    const connection = address === undefined ? undefined : await flow(address, 443)
    if (connection === undefined) throw new Error('the flow that was to be revoked did not come about')
    await disturb('revoke')
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
