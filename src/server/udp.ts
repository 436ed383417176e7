import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { keepAlone, openDatagramSocket } from '../linux/datagram/socket.ts'
import { PENDING } from '../resolver/resolver.ts'
import { listenInBatches } from './drain.ts'
import { isIpv6, type ServerEndpoint } from './endpoint.ts'
import { type Service, SOCKET_BUFFER_OCTETS, UDP_QUERY_OCTETS, UDP_REPLY_OCTETS, type UdpListener } from './service.ts'

/** What may wait in this process when the kernel takes no more. */
const MOST_QUEUED_OCTETS = 1 << 20

/** Opens the endpoint. Rejects with the system's error. */
export async function listenUdp(endpoint: ServerEndpoint, service: Service): Promise<UdpListener> {
  const descriptor = service.keeper.take('udp', endpoint) ?? openDatagramSocket(endpoint.address, endpoint.port)
  const listener = await (service.batches ? listenInBatches : listenOneByOne)(descriptor, endpoint, service)
  service.keeper.keep('udp', { ...endpoint, port: listener.port }, descriptor)
  return listener
}

/** As Node does it, wherever it runs. */
async function listenOneByOne(descriptor: number, endpoint: ServerEndpoint, service: Service): Promise<UdpListener> {
  const socket = openSocket(endpoint)
  const listening = once(socket, 'listening')
  socket.bind({ fd: descriptor })
  await listening
  keepAlone(descriptor)
  answerQueries(socket, endpoint, service)
  const { port } = socket.address()
  return { port, close: () => new Promise((resolve) => socket.close(() => resolve())) }
}

function openSocket(endpoint: ServerEndpoint): Socket {
  const family = isIpv6(endpoint) ? 6 : 4
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    recvBufferSize: SOCKET_BUFFER_OCTETS,
    sendBufferSize: SOCKET_BUFFER_OCTETS,
    // Addresses are all we send to. The default look-up answers for those too, but only in the next tick.
    lookup: (address, _options, done) => done(null, address, family),
  })
}

function answerQueries(socket: Socket, endpoint: ServerEndpoint, { reception, counters }: Service): void {
  let reply = Buffer.allocUnsafeSlow(UDP_REPLY_OCTETS)
  let isOpen = true
  /** Does anything wait to be sent? As of the last reply. */
  let isCongested = false

  function receive(query: Buffer, { address, port }: RemoteInfo): void {
    counters.udpQueries++
    const length = reception.answer(query, Math.min(query.length, UDP_QUERY_OCTETS), address, endpoint, 'udp', reply)
    if (length > 0) sendReply(length, port, address)
    else if (length === PENDING) {
      reception.wait(query, address, endpoint, 'udp', (waited) => send(waited, waited.length, port, address))
    }
  }

  /** What the kernel does not take at once is queued by reference: then the buffer is the queue's, and we go on with another. */
  function sendReply(length: number, port: number, address: string): void {
    send(reply, length, port, address)
    if (isCongested) reply = Buffer.allocUnsafeSlow(UDP_REPLY_OCTETS)
  }

  /** Without a callback an error of sending is no event: the client will ask again. Port 0 cannot be sent to. */
  function send(octets: Uint8Array, length: number, port: number, address: string): void {
    if (!isOpen || length === 0 || port === 0) return
    if (isCongested && socket.getSendQueueSize() > MOST_QUEUED_OCTETS) {
      counters.dropped++
      return
    }
    socket.send(octets, 0, length, port, address)
    isCongested = socket.getSendQueueCount() > 0
  }

  socket.on('message', receive)
  socket.on('error', () => counters.dropped++)
  socket.on('close', () => {
    isOpen = false
  })
}
