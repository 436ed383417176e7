import { randomInt } from 'node:crypto'
import packet, { type Packet, type PacketRecord } from 'dns-packet'

/** A DNS reply as the tests look at it, decoded by a codec that is not ours. */
export interface Reply {
  /** 'timeout', 'closed' or a socket error's code when nothing came. */
  readonly rcode: string
  /** "TYPE data" a record, sorted: "A 192.0.2.1". */
  readonly answers: readonly string[]
  readonly ttls: readonly number[]
  readonly authorities: readonly PacketRecord[]
  /** Codes of Extended DNS Errors (RFC 8914), and their texts. */
  readonly ede: readonly number[]
  readonly edeText: string
  readonly milliseconds: number
}

export function encodeQuestion(name: string, type: string, edns = true): string {
  const additionals = edns ? [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] }] : []
  const questions = [{ name, type, class: 'IN' }]
  return packet.encode({ type: 'query', id: randomInt(65_536), flags: packet.RECURSION_DESIRED, questions, additionals }).toString('hex')
}

const EXTENDED_ERROR = 15

export function decodeReply(hex: string, milliseconds: number): Reply {
  const message = packet.decode(Buffer.from(hex, 'hex'))
  const errors = extendedErrors(message)
  return {
    rcode: message.rcode ?? '',
    answers: (message.answers ?? []).map((record) => `${record.type} ${formatData(record.data)}`).sort(),
    ttls: (message.answers ?? []).map(({ ttl }) => ttl ?? 0),
    authorities: message.authorities ?? [],
    ede: errors.map((option) => (option[0]! << 8) | option[1]!),
    edeText: errors.map((option) => Buffer.from(option.subarray(2)).toString()).join('; '),
    milliseconds,
  }
}

/** What the tests see where no reply came. */
export function noReply(failure: string, milliseconds: number): Reply {
  return { rcode: failure, answers: [], ttls: [], authorities: [], ede: [], edeText: '', milliseconds }
}

function extendedErrors(message: Packet): Uint8Array[] {
  const records = (message.additionals ?? []) as readonly PacketRecord[]
  return records.flatMap(({ options = [] }) => options.filter(({ code }) => code === EXTENDED_ERROR).map(({ data }) => data))
}

function formatData(data: unknown): string {
  if (typeof data === 'string') return data
  return Array.isArray(data) ? data.map(String).join(' ') : JSON.stringify(data)
}
