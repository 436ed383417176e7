import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { openStreamSocket } from '../linux/datagram/socket.ts'
import { serveConnection } from './connection.ts'
import type { ServerEndpoint } from './endpoint.ts'
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
  const descriptor = service.keeper.take('tcp', endpoint) ?? openStreamSocket(endpoint.address, endpoint.port)
  server.listen({ fd: descriptor })
  await once(server, 'listening')
  // Accepting can fail when file descriptors run out; what is connected goes on.
  server.on('error', () => service.counters.dropped++)
  const { port } = server.address() as AddressInfo
  service.keeper.keep('tcp', { ...endpoint, port }, descriptor)
  return { port, close: () => close(server, open) }
}

function admit(socket: Socket, endpoint: ServerEndpoint, service: Service, open: Set<Socket>): void {
  const { connections, counters, reception } = service
  const source = socket.remoteAddress
  if (source === undefined) return void socket.destroy() // reset before we came to it
  const { payer, crowd } = reception.sharesOf(source, endpoint)
  if (!connections.enter(payer, crowd)) {
    counters.dropped++
    return void socket.destroy()
  }
  counters.tcpConnections++
  open.add(socket)
  socket.on('close', () => {
    open.delete(socket)
    connections.leave(payer, crowd)
  })
  serveConnection(socket, source, endpoint, service)
}

function close(server: ReturnType<typeof createServer>, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}
