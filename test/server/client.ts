// Plain sockets towards a server under test, and the server itself on a free port.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createServer, type ServerOptions } from '../../src/server/server.ts'
import { createWorld, type Script } from '../resolver/world.ts'

export async function startServer(context: TestContext, entries: readonly string[], script: Script, options: Partial<ServerOptions> = {}) {
  const world = createWorld(entries, script)
  const errors: Error[] = []
  const server = createServer({ resolver: world.resolver, clientOf: world.askerOf, onError: (error) => errors.push(error), ...options })
  context.after(() => server.close())
  const failures = await server.setEndpoints([{ address: '127.0.0.1', port: 0 }])
  if (failures[0] !== undefined) throw failures[0]
  return { ...world, server, errors, port: server.endpoints[0]!.port }
}

/** Sends a datagram and resolves with the first reply. */
export async function exchangeUdp(port: number, message: Uint8Array, address = '127.0.0.1'): Promise<Buffer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.send(message, port, address)
  const [reply] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return reply
}

export interface Stream {
  readonly socket: Socket
  /** Sends octets as they are. */
  write(octets: Uint8Array): void
  send(message: Uint8Array): void
  /** The next message; undefined when the server has closed. */
  receive(): Promise<Buffer | undefined>
}

export async function connectTcp(context: TestContext, port: number, address = '127.0.0.1', from?: string): Promise<Stream> {
  const socket = createConnection({ port, host: address, allowHalfOpen: true, ...(from === undefined ? {} : { localAddress: from }) })
  socket.on('error', () => {})
  context.after(() => socket.destroy())
  await once(socket, 'connect')
  const chunks = socket.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]()
  let buffered = Buffer.alloc(0)

  async function receive(): Promise<Buffer | undefined> {
    while (buffered.length < 2 || buffered.length < 2 + buffered.readUInt16BE(0)) {
      const next = await chunks.next().catch(() => ({ done: true as const, value: undefined }))
      if (next.done) return undefined
      buffered = Buffer.concat([buffered, next.value as Buffer])
    }
    const end = 2 + buffered.readUInt16BE(0)
    const message = buffered.subarray(2, end)
    buffered = buffered.subarray(end)
    return message
  }

  return { socket, receive, write: (octets) => void socket.write(octets), send: (message) => void socket.write(framed(message)) }
}

export function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 255), message])
}
