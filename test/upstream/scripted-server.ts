// A server that answers over UDP and TCP what a test tells it to, octet by octet, so that it can do what no library would.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Endpoint } from '../../src/net/endpoint.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'

export interface Asked {
  readonly query: Buffer
  readonly transport: 'udp' | 'tcp'
  /** The query's UDP source. */
  readonly from: RemoteInfo | undefined
  reply(message: Uint8Array): void
}

export interface ScriptedServer {
  readonly endpoint: Endpoint
  readonly asked: readonly Asked[]
  readonly socket: Socket
  close(): void
}

/** Over UDP and TCP on one port; with 'udp' the port is left free over TCP. */
export async function startScriptedServer(script: (asked: Asked) => void, transports: 'both' | 'udp' = 'both'): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const note = (one: Asked) => {
    asked.push(one)
    script(one)
  }
  const tcp = createServer((connection) => {
    connection.on('error', () => {})
    connection.on('data', (frame: Buffer) => {
      const reply = (message: Uint8Array) =>
        void connection.end(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]))
      note({ query: frame.subarray(2), transport: 'tcp', from: undefined, reply })
    })
  })
  const socket = await bindBoth(tcp)
  const { port } = socket.address()
  let isOpen = true
  socket.on('message', (query, from) =>
    note({ query, transport: 'udp', from, reply: (message) => void (isOpen && socket.send(message, from.port, from.address)) }),
  )
  if (transports === 'udp') tcp.close()
  const close = () => {
    isOpen = false
    socket.close()
    if (tcp.listening) tcp.close()
  }
  return { endpoint: parseEndpoint(`127.0.0.1:${port}`, 53)!, asked, socket, close }
}

/** A port that is free over UDP, where thousands are taken at times, and over TCP. */
async function bindBoth(tcp: Server): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  try {
    await once(tcp.listen(socket.address().port, '127.0.0.1'), 'listening')
    return socket
  } catch (error) {
    socket.close()
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return bindBoth(tcp)
  }
}

/** An answer to the query: its question as it came, and one address record. */
export function answerTo(query: Uint8Array, options: { readonly rcode?: number } = {}): Buffer {
  const question = Buffer.from(query.subarray(0, query.indexOf(0, 12) + 5))
  question[2] = question[2]! | 0x80
  question[3] = options.rcode ?? 0
  question.set([0, 1, 0, 0, 0, 0], 6)
  return Buffer.concat([question, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])])
}

export function lowerCased(message: Buffer): Buffer {
  return Buffer.from(message.map((octet, offset) => (offset >= 12 && octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)))
}
