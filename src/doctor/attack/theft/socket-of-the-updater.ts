import { statePaths } from '../../../daemon/path.ts'
import { parseName } from '../../../dns/name.ts'
import { encodeRequests, RESOLVER_HELLO } from '../../../leases/protocol.ts'
import { parseAddress } from '../../../net/address.ts'
import type { Attack } from '../../prove/attack.ts'

const UNKNOWN_REVISION = '0'.repeat(16)

export default {
  tries: 'asks the updater itself to open an address, at its socket',
  run: async ({ state, unix, own, closed, marker, tcp }) => {
    const [client, address] = [own[4], closed[4]].map((text) => parseAddress(text)!)
    const request = { id: 1, revision: UNKNOWN_REVISION, client: client!, addresses: [address!], ttlSeconds: 300, stale: false }
    const name = parseName(`${marker}.open.example`)
    if (state !== undefined) await unix(statePaths(state).leases, [RESOLVER_HELLO, encodeRequests([{ ...request, name }])])
    await tcp(closed[4], 443)
  },
} satisfies Attack
