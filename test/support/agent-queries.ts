// Questions at a steady rate, over one UDP socket, whatever comes back.
import { createSocket, type Socket } from 'node:dgram'

export interface Queried {
  readonly sent: number
  /** Answered with records. */
  readonly answered: number
  readonly seconds: number
  readonly longestMs: number
  /** The response codes of all others: "3" is NXDOMAIN; "0" is an answer without records; "none": no reply. */
  readonly others: Readonly<Record<string, number>>
}

interface Querying {
  readonly socket: Socket
  readonly timer: NodeJS.Timeout
  readonly start: number
  readonly asked: Map<number, number>
  readonly result: { sent: number; answered: number; longestMs: number; others: Record<string, number> }
}

let querying: Querying | undefined

/** Begins to ask `queries` (messages in hex) in turn, `perSecond` of them. */
export function startQuerying(request: { readonly server: string; readonly queries: readonly string[]; readonly perSecond: number }): void {
  const messages = request.queries.map((hex) => Buffer.from(hex, 'hex'))
  const socket = createSocket('udp4')
  const start = performance.now()
  const asked = new Map<number, number>()
  const result = { sent: 0, answered: 0, longestMs: 0, others: {} as Record<string, number> }
  const ask = (): void => {
    for (const due = ((performance.now() - start) / 1000) * request.perSecond; result.sent < due; result.sent++) {
      const message = messages[result.sent % messages.length]!
      message.writeUInt16BE(result.sent & 0xffff, 0)
      asked.set(result.sent & 0xffff, performance.now())
      socket.send(Buffer.from(message), 53, request.server)
    }
  }
  socket.on('message', (reply) => {
    const id = reply.readUInt16BE(0)
    result.longestMs = Math.max(result.longestMs, performance.now() - asked.get(id)!)
    asked.delete(id)
    if ((reply[3]! & 15) === 0 && reply.readUInt16BE(6) > 0) result.answered++
    else result.others[reply[3]! & 15] = (result.others[reply[3]! & 15] ?? 0) + 1
  })
  querying = { socket, timer: setInterval(ask, 2), start, asked, result }
}

/** Ends that, waits a moment for the last replies, and tells what came of it. */
export async function stopQuerying(): Promise<Queried> {
  const { socket, timer, start, asked, result } = querying!
  clearInterval(timer)
  const seconds = (performance.now() - start) / 1000
  await new Promise((resolve) => setTimeout(resolve, 500))
  socket.close()
  return { ...result, seconds, others: asked.size === 0 ? result.others : { ...result.others, none: asked.size } }
}
