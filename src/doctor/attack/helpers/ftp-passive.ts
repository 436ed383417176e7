import type { Attack } from '../../prove/attack.ts'

/** What the far side needs to say it back. */
const ECHO_MS = 50

export default {
  tries: 'has a server say that FTP goes on at another port of its, which a helper of the gateway then expects',
  guards: ['forward'],
  run: async ({ begin, open, tcp, pause }) => {
    const control = await begin('open', 4)
    control.send(Buffer.from('220 ready\r\n'))
    await pause(ECHO_MS)
    control.send(Buffer.from(`227 Entering Passive Mode (${open[4].replaceAll('.', ',')},31,64)\r\n`))
    await pause(ECHO_MS)
    await tcp(open[4], 8000)
    control.close()
  },
} satisfies Attack
