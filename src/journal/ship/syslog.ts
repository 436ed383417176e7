// Syslog (RFC 5424) over TCP, each message with its length before it (RFC 6587 section 3.4.1), or over TLS (RFC 5425).

import { connect as connectPlainly, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectSecurely } from 'node:tls'
import type { Stream } from '../record.ts'
import type { TailLine } from '../tail.ts'
import { type Destination, ShipError } from './destination.ts'
import { type Severity, severityOf, timeOf } from './severity.ts'

/** "log audit" (RFC 5424 section 6.2.1). */
const FACILITY = 13
const SEVERITIES: Readonly<Record<Severity, number>> = { info: 6, warning: 4, error: 3 }
/** Of what is not known (section 6). */
const NIL = '-'
const LATEST_MS = 10_000

/** Syslog acknowledges nothing: what is taken is what TCP has delivered to the other host. */
export function createSyslogDestination(url: URL): Destination {
  let socket: Socket | undefined

  async function send(stream: Stream, lines: readonly TailLine[]): Promise<void> {
    try {
      if (socket === undefined || socket.destroyed) socket = await connect(url)
      await write(socket, lines.map((line) => frame(formatMessage(stream, line))).join(''))
    } catch (cause) {
      socket?.destroy()
      socket = undefined
      throw new ShipError(`${url.host}: ${(cause as Error).message}`, { isPassing: true, cause })
    }
  }

  /** With a close_notify over TLS, without which the server takes the end for an attack (RFC 5425 section 4.4). */
  function close(): void {
    const last = socket
    last?.end(() => last.destroy())
    socket = undefined
  }

  return { send, close }
}

/** PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG; the message is the line as it was written. */
export function formatMessage(stream: Stream, { text, record }: TailLine): string {
  const priority = FACILITY * 8 + SEVERITIES[severityOf(record)]
  return `<${priority}>1 ${timeOf(record) ?? NIL} ${hostname()} sallyport - ${stream} - ${text}`
}

function frame(message: string): string {
  return `${Buffer.byteLength(message)} ${message}`
}

function connect({ protocol, hostname: name, port }: URL): Promise<Socket> {
  const host = name.replace(/^\[(.*)\]$/, '$1')
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket =
    protocol === 'tls:'
      ? connectSecurely({ host, port: Number(port), servername: host }, () => resolve(socket))
      : connectPlainly({ host, port: Number(port) }, () => resolve(socket))
  // One that nobody takes from, and one that nothing is written to, is closed alike.
  socket.setTimeout(LATEST_MS, () => socket.destroy(new Error(`nothing was taken in ${LATEST_MS} ms`)))
  socket.once('error', reject)
  // A connection that has failed is closed; the next write opens another.
  socket.on('error', () => {})
  return promise
}

async function write(socket: Socket, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = () => reject(new Error('the connection has ended'))
  socket.once('close', fail)
  socket.write(text, (error) => (error ? reject(error) : resolve()))
  await promise.finally(() => socket.off('close', fail))
}
