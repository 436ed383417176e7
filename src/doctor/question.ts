// Questions that a client of the host's tests sends, encoded and decoded by dns2.
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { Packet as Message } from 'dns2'

export interface Reply {
  readonly rcode: number
  /** Of every address record in the answer, whoever owns it. */
  readonly addresses: readonly string[]
  readonly ttls: readonly number[]
}

export interface AskOptions {
  readonly server: string
  readonly port?: number
  readonly timeoutMs: number
}

/** A query for a type by name, or by number where it has none. */
export function encodeQuestion(name: string, type: string | number): Buffer {
  const query = new Message()
  query.header.id = randomInt(65_536)
  query.header.rd = 1
  const number = typeof type === 'number' ? type : Message.TYPE[type as keyof typeof Message.TYPE]
  query.questions.push(new Message.Question(name, number, Message.CLASS.IN))
  return query.toBuffer()
}

/** Undefined for what dns2 cannot read. */
export function decodeReply(octets: Buffer): Reply | undefined {
  try {
    const { header, answers } = Message.parse(octets)
    const addresses = answers.flatMap(({ address }) => (address === undefined ? [] : [address]))
    return { rcode: header.rcode, addresses, ttls: answers.map(({ ttl }) => ttl) }
  } catch (error) {
    if (error instanceof Message.DecodeError) return undefined
    throw error
  }
}

/** Over UDP, once; undefined where no reply comes in time. */
export function askOverUdp(query: Buffer, { server, port = 53, timeoutMs }: AskOptions): Promise<Reply | undefined> {
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    const finish = (reply: Reply | undefined): void => {
      clearTimeout(timer)
      socket.removeAllListeners('message').close()
      resolve(reply)
    }
    const timer = setTimeout(() => finish(undefined), timeoutMs)
    socket.once('error', () => finish(undefined))
    socket.on('message', (message) => {
      const reply = message.readUInt16BE(0) === query.readUInt16BE(0) ? decodeReply(message) : undefined
      if (reply !== undefined) finish(reply)
    })
    socket.send(query, port, server, (error) => error && finish(undefined))
  })
}
