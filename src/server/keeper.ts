import type { Transport } from '../dns/reply.ts'
import type { ServerEndpoint } from './endpoint.ts'

/** Who holds the sockets of clients while this process is replaced, so that queries wait in the kernel and are answered by the next. */
export interface SocketKeeper {
  /** The descriptor that was kept for it, ours from now on; undefined: there is none. */
  take(transport: Transport, endpoint: ServerEndpoint): number | undefined
  keep(transport: Transport, endpoint: ServerEndpoint, descriptor: number): void
  /** The endpoint is no longer listened on. */
  release(endpoint: ServerEndpoint): void
}

/** Sockets end with their process. */
export const KEEPS_NOTHING: SocketKeeper = { take: () => undefined, keep() {}, release() {} }
