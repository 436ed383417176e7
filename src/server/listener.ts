import { ListenError, type ServerEndpoint } from './endpoint.ts'
import type { Service } from './service.ts'
import { listenTcp } from './tcp.ts'
import { listenUdp } from './udp.ts'

/** One endpoint, open over UDP and TCP. */
export interface Listener {
  /** With the port that it really has. */
  readonly endpoint: ServerEndpoint
  close(): Promise<void>
}

/** A free UDP port need not be free over TCP. */
const ATTEMPTS_AT_ANY_PORT = 10

/** Opens both or neither. Rejects with ListenError. */
export async function listen(endpoint: ServerEndpoint, service: Service): Promise<Listener> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenBoth(endpoint, service)
    } catch (error) {
      const cause = error as NodeJS.ErrnoException
      const isWorthAnother = endpoint.port === 0 && cause.code === 'EADDRINUSE' && attempt < ATTEMPTS_AT_ANY_PORT
      if (!isWorthAnother) throw new ListenError(endpoint, cause)
    }
  }
}

async function listenBoth(endpoint: ServerEndpoint, service: Service): Promise<Listener> {
  const udp = await listenUdp(endpoint, service)
  const bound = { address: endpoint.address, port: udp.port }
  try {
    const tcp = await listenTcp(bound, service)
    return { endpoint: bound, close: async () => void (await Promise.all([udp.close(), tcp.close()])) }
  } catch (error) {
    await udp.close()
    throw error
  }
}
