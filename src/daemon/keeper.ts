// Sockets that outlast the resolver: a service manager holds them while it starts the next (systemd: FileDescriptorStoreMax=).

import type { ServiceManager } from '../config/environment.ts'
import type { Transport } from '../dns/reply.ts'
import { closeSocket } from '../linux/datagram/socket.ts'
import type { Logger } from '../log.ts'
import type { ServerEndpoint } from '../server/endpoint.ts'
import { KEEPS_NOTHING, type SocketKeeper } from '../server/keeper.ts'
import { notify } from './announce.ts'

export interface Keeper {
  readonly sockets: SocketKeeper
  /** Gives up what was kept and is not listened on any more. To be called when everything is listened on. */
  discardRest(): void
}

export function createKeeper(manager: ServiceManager | undefined, log: Logger): Keeper {
  if (manager === undefined) return { sockets: KEEPS_NOTHING, discardRest() {} }
  const kept = new Map(manager.kept)

  function take(transport: Transport, endpoint: ServerEndpoint): number | undefined {
    const name = nameOf(transport, endpoint)
    const descriptor = kept.get(name)
    kept.delete(name)
    return descriptor
  }

  /** Sent again, a descriptor that is kept already is not kept twice. It is kept whatever becomes of it: FDPOLL=0. */
  function keep(transport: Transport, endpoint: ServerEndpoint, descriptor: number): void {
    notify(manager!, `FDSTORE=1\nFDPOLL=0\nFDNAME=${nameOf(transport, endpoint)}`, log, descriptor)
  }

  function forget(name: string): void {
    notify(manager!, `FDSTOREREMOVE=1\nFDNAME=${name}`, log)
  }

  function release(endpoint: ServerEndpoint): void {
    for (const transport of ['udp', 'tcp'] as const) forget(nameOf(transport, endpoint))
  }

  function discardRest(): void {
    for (const [name, descriptor] of kept) {
      closeSocket(descriptor)
      forget(name)
    }
    kept.clear()
  }

  return { sockets: { take, keep, release }, discardRest }
}

/** A name holds no colon, which parts the names of several: "udp fd77..1%veth1 53". */
function nameOf(transport: Transport, { address, port }: ServerEndpoint): string {
  return `${transport} ${address.replaceAll(':', '.')} ${port}`
}
