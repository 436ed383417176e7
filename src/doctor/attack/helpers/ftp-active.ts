import type { Attack } from '../../prove/attack.ts'

/** What the far side needs to hear it. */
const ECHO_MS = 50

export default {
  tries: 'says that FTP goes on at a port of its own, which a helper of the gateway then expects',
  guards: ['forward'],
  run: async ({ begin, own, answer, knock, pause, number }) => {
    const port = 30_000 + number
    await answer('tcp', port)
    const control = await begin('open', 4)
    control.send(Buffer.from('USER agent\r\n'))
    await pause(ECHO_MS)
    control.send(Buffer.from(`PORT ${own[4].replaceAll('.', ',')},${port >> 8},${port & 255}\r\n`))
    await pause(ECHO_MS)
    await knock('tcp', 4, port, 'open')
    control.close()
  },
} satisfies Attack
