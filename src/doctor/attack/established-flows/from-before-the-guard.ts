import type { Attack, Flow } from '../../prove/attack.ts'

export default {
  tries: 'goes on talking on a connection that it began while there was no guard',
  during: 'take down and up',
  run: async ({ storm, flow, grey, disturbed, payload, pause }) => {
    let connection: Flow | undefined
    await storm(async () => {
      connection ??= await flow(grey[4], 443)
    }, disturbed())
    if (connection === undefined) throw new Error('no flow came about while there was no guard')
    connection.send(payload)
    await pause(50)
    connection.close()
  },
} satisfies Attack
