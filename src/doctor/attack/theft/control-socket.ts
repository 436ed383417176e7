import { statePaths } from '../../../daemon/path.ts'
import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'joins as a client of its own, at the control socket of the updater',
  run: async ({ state, unix, own, closed, tcp }) => {
    const body = JSON.stringify([own[4], closed[4]])
    const request = ['PUT /clients/neighbour HTTP/1.1', 'Host: updater', `Content-Length: ${body.length}`, '', body]
    if (state !== undefined) await unix(statePaths(state).updaterControl, [request.join('\n')])
    await tcp(closed[4], 443)
  },
} satisfies Attack
