// What a packet asks a DNS server, with everything about it that no plain question has.
import { type Packet, PROTOCOL } from './frame.ts'

/** Reads the first question of a DNS message. */
export type ReadQuestion = (message: Buffer) => { readonly name: string; readonly type: string } | undefined

const HEADER_OCTETS = 12
/** QR and opcode, in the third octet (RFC 1035 section 4.1.1). */
const KIND_BITS = 0xf8

/** "www.example A" for each message that can be read; of other classes and kinds, and with more records, it says so. */
export function questionsIn({ protocol, payload }: Packet, readQuestion: ReadQuestion): readonly string[] {
  const messages = protocol === PROTOCOL.tcp ? messagesOf(payload) : [payload]
  return messages.flatMap((message) => {
    const read = message.length < HEADER_OCTETS ? undefined : readQuestion(message)
    if (read === undefined) return []
    const name = isShouted(read.name) ? read.name : read.name.toLowerCase()
    return [[name, read.type, ...odditiesOf(message)].join(' ')]
  })
}

function odditiesOf(message: Buffer): readonly string[] {
  const [questions, answers, authorities] = [4, 6, 8].map((at) => message.readUInt16BE(at))
  const klass = classOf(message)
  return [
    ...(klass === 1 ? [] : [`class ${klass}`]),
    ...((message[2]! & KIND_BITS) === 0 ? [] : [`opcode ${(message[2]! & KIND_BITS) >> 3}`]),
    ...(questions === 1 && answers === 0 && authorities === 0 ? [] : ['and more records']),
  ]
}

/** Behind the labels of the name and the type. */
function classOf(message: Buffer): number | undefined {
  let at = HEADER_OCTETS
  while (at < message.length && message[at]! > 0) at += message[at]! + 1
  return at + 5 > message.length ? undefined : message.readUInt16BE(at + 3)
}

function messagesOf(stream: Buffer): readonly Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + 2 <= stream.length; at += 2 + stream.readUInt16BE(at)) {
    messages.push(stream.subarray(at + 2, at + 2 + stream.readUInt16BE(at)))
  }
  return messages
}

/** The resolver spells names in a case of its own; that a long one has all capitals is no chance (1 in 2^40), but carried over from the client. */
function isShouted(name: string): boolean {
  return name === name.toUpperCase() && name.replaceAll(/[^A-Z]/g, '').length > 40
}
