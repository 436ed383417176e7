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

/** dns-packet writes any type that it does not know as 0, and says nothing. */
const UNKNOWN_TO_IT: Readonly<Record<string, number>> = { SVCB: 64, HTTPS: 65 }

export function encodeQuestion(name: string, type: string, edns = true, id = randomInt(65_536)): Buffer {
  const additionals = edns ? [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] }] : []
  const questions = [{ name, type: type in UNKNOWN_TO_IT ? `UNKNOWN_${UNKNOWN_TO_IT[type]}` : type }]
  const message = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions, additionals })
  if (packet.decode(message).questions?.[0]?.type === 'UNKNOWN_0') throw new Error(`dns-packet does not know the type ${type}`)
  return message
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
