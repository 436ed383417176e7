import { statePaths } from '../../../daemon/path.ts'
import { RESOLVER_HELLO } from '../../../leases/protocol.ts'
import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks the updater itself to open an address, at its socket',
  run: async ({ state, unix, own, closed, marker, tcp }) => {
    const request = { id: 1, revision: '', client: own[4], name: `${marker}.open.example`, addresses: [closed[4]], ttlSeconds: 300 }
    if (state !== undefined) await unix(statePaths(state).leases, [RESOLVER_HELLO.trim(), JSON.stringify({ open: [request] })])
    await tcp(closed[4], 443)
  },
} satisfies Attack
