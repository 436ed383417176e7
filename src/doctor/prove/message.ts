// DNS messages that no honest program sends (RFC 1035 section 4, RFC 6891).

const HEADER_OCTETS = 12
const COUNT = { questions: 4, answers: 6, authorities: 8, additionals: 10 } as const
const ROOT = Uint8Array.of(0)

export interface RawQuestion {
  /** Octets, whatever they are; 63 at most. */
  readonly labels: readonly (string | Uint8Array)[]
  readonly type?: number
  readonly class?: number
}

/** A query with as many questions, of labels that may hold anything. */
export function rawQuery(...questions: readonly RawQuestion[]): Buffer {
  const header = Buffer.from([0x53, 0x50, 1, 0, 0, questions.length, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...questions.map(encodeRaw)])
}

function encodeRaw({ labels, type = 1, class: klass = 1 }: RawQuestion): Buffer {
  const octets = labels.map((label) => (typeof label === 'string' ? Buffer.from(label, 'latin1') : label))
  return Buffer.concat([
    ...octets.flatMap((label) => [Uint8Array.of(label.length), label]),
    ROOT,
    Uint8Array.of(type >> 8, type, klass >> 8, klass),
  ])
}

/** The message with a TXT record of the root in one of its sections. */
export function withRecord(message: Buffer, section: 'answers' | 'authorities' | 'additionals', text: Uint8Array): Buffer {
  const record = Buffer.concat([ROOT, Buffer.from([0, 16, 0, 1, 0, 0, 0, 0, 0, text.length + 1, text.length]), text])
  return counted(Buffer.concat([message, record]), section)
}

/** The message with an EDNS option. */
export function withOption(message: Buffer, code: number, octets: Uint8Array): Buffer {
  const option = Buffer.concat([Uint8Array.of(code >> 8, code, octets.length >> 8, octets.length), octets])
  const record = Buffer.concat([ROOT, Buffer.from([0, 41, 4, 0xd0, 0, 0, 0, 0, option.length >> 8, option.length]), option])
  return counted(Buffer.concat([message, record]), 'additionals')
}

/** The message with another operation code; 0 is a query. */
export function withOpcode(message: Buffer, opcode: number): Buffer {
  const changed = Buffer.from(message)
  changed[2] = (changed[2]! & 0x87) | (opcode << 3)
  return changed
}

/** The same question in another class; 1 is the Internet. */
export function withClass(message: Buffer, klass: number): Buffer {
  const changed = Buffer.from(message)
  changed.writeUInt16BE(klass, changed.length - 2)
  return changed
}

function counted(message: Buffer, section: keyof typeof COUNT): Buffer {
  if (message.length < HEADER_OCTETS) throw new RangeError('a message has a header')
  message.writeUInt16BE(message.readUInt16BE(COUNT[section]) + 1, COUNT[section])
  return message
}

/** A message as TCP carries it: its length in two octets first (RFC 1035 section 4.2.2). */
export function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 255), message])
}
