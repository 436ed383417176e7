import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { serveConnection } from './connection.ts'
import { isIpv6, type ServerEndpoint } from './endpoint.ts'
import type { Service } from './service.ts'

export interface TcpListener {
  readonly port: number
  /** Closes the connections too. */
  close(): Promise<void>
}

/** Opens the endpoint. Rejects with the system's error. */
export async function listenTcp(endpoint: ServerEndpoint, service: Service): Promise<TcpListener> {
  const open = new Set<Socket>()
  // Half-open: a client may shut its side after the last query and still read the replies.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => admit(socket, endpoint, service, open))
  server.listen({ host: endpoint.address, port: endpoint.port, ipv6Only: isIpv6(endpoint) })
  await once(server, 'listening')
  // Accepting can fail when file descriptors run out; what is connected goes on.
  server.on('error', () => service.counters.dropped++)
  const { port } = server.address() as AddressInfo
  return { port, close: () => close(server, open) }
}

function admit(socket: Socket, endpoint: ServerEndpoint, service: Service, open: Set<Socket>): void {
  const { connections, counters } = service
  const source = socket.remoteAddress
  if (source === undefined) return void socket.destroy() // reset before we came to it
  if (!connections.enter(source)) {
    counters.dropped++
    return void socket.destroy()
  }
  counters.tcpConnections++
  open.add(socket)
  socket.on('close', () => {
    open.delete(socket)
    connections.leave(source)
  })
  serveConnection(socket, source, endpoint, service)
}

function close(server: ReturnType<typeof createServer>, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}
