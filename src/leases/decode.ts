// Frame → message, strictly: a missing, an unknown and an ill-typed field are all errors.
// The updater holds CAP_NET_ADMIN and distrusts whoever writes them.

import { isName, type Name } from '../dns/name.ts'
import { type Address, parseAddress } from '../net/address.ts'
import { decodeReplies, decodeRequests } from './batch.ts'
import { ProtocolError, show, wrong } from './error.ts'
import { BATCH, type Frame } from './frame.ts'
import { type Figures, MOST_FIGURES, type NameInUse, PROTOCOL_VERSION, type ResolverMessage, type UpdaterMessage } from './message.ts'

type Fields = Readonly<Record<string, unknown>>

const REVISION = /^[0-9a-f]{16}$/

/** Reads a frame of the resolver. Throws ProtocolError. */
export function decodeResolverFrame(frame: Frame): ResolverMessage {
  if (typeof frame === 'string') return decodeResolverLine(frame)
  if (frame[0] !== BATCH.OPEN) throw wrong('the batch', 'requests', frame[0])
  return { kind: 'open', requests: decodeRequests(frame) }
}

/** Reads a frame of the updater. Throws ProtocolError. */
export function decodeUpdaterFrame(frame: Frame): UpdaterMessage {
  if (typeof frame === 'string') return decodeUpdaterLine(frame)
  if (frame[0] !== BATCH.REPLIES) throw wrong('the batch', 'replies', frame[0])
  return { kind: 'replies', replies: decodeReplies(frame) }
}

function decodeResolverLine(line: string): ResolverMessage {
  const [key, value] = soleEntry(parseLine(line))
  switch (key) {
    case 'hello':
      helloOf(value, ['protocol'])
      return { kind: 'hello' }
    case 'figures':
      if (value !== true) throw wrong('figures', 'true', value)
      return { kind: 'figures' }
    case 'ready':
      return { kind: 'ready', revision: revisionOf(value) }
    case 'answering':
      return { kind: 'answering', revision: revisionOf(value) }
    default:
      throw wrong('the message', 'hello, figures, ready or answering', key)
  }
}

function decodeUpdaterLine(line: string): UpdaterMessage {
  const [key, value] = soleEntry(parseLine(line))
  switch (key) {
    case 'hello':
      return decodeUpdaterHello(helloOf(value, ['protocol', 'revision', 'generation']))
    case 'next':
      return { kind: 'next', revision: revisionOf(value) }
    case 'revision':
      return { kind: 'revision', revision: revisionOf(value) }
    case 'generation':
      return { kind: 'generation', generation: integerOf(value, 'generation', Number.MAX_SAFE_INTEGER) }
    case 'figures':
      return { kind: 'figures', figures: figuresOf(value) }
    case 'taken':
      return { kind: 'taken', pid: integerOf(value, 'taken', Number.MAX_SAFE_INTEGER) }
    case 'inUse':
      return { kind: 'in-use', names: listOf(value, 'inUse').map(decodeNameInUse) }
    default:
      throw wrong('the message', 'hello, next, revision, generation, figures, taken or inUse', key)
  }
}

function decodeUpdaterHello(fields: Fields): UpdaterMessage {
  const generation = integerOf(fields.generation, 'generation', Number.MAX_SAFE_INTEGER)
  return { kind: 'hello', revision: revisionOf(fields.revision), generation }
}

function decodeNameInUse(value: unknown): NameInUse {
  const { client, name, family } = fieldsOf(value, ['client', 'name', 'family'])
  if (family !== 4 && family !== 6) throw wrong('family', '4 or 6', family)
  return { client: addressOf(client, 'client'), name: nameOf(name), family }
}

function figuresOf(value: unknown): Figures {
  if (!isFields(value)) throw wrong('figures', 'an object of numbers', value)
  const entries = Object.entries(value)
  if (entries.length > MOST_FIGURES) throw wrong('figures', `at most ${MOST_FIGURES}`, entries.length)
  const odd = entries.find(([, figure]) => !isNumber(figure) && !(Array.isArray(figure) && figure.every(isNumber)))
  if (odd !== undefined) throw wrong(odd[0], 'a number or a list of numbers', odd[1])
  return value as Figures
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new ProtocolError(`expected a line of JSON, got ${show(line)}`, { cause })
  }
}

function soleEntry(value: unknown): [string, unknown] {
  if (!isFields(value)) throw wrong('the line', 'an object', value)
  const entries = Object.entries(value)
  const [entry] = entries
  if (entry === undefined || entries.length > 1) throw wrong('the line', 'an object of one key', value)
  return entry
}

/** `value` as an object of exactly these keys. */
function fieldsOf(value: unknown, keys: readonly string[]): Fields {
  if (!isFields(value)) throw wrong('the message', `an object of ${keys.join(', ')}`, value)
  const exact = Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key))
  if (!exact) throw wrong('the message', `exactly ${keys.join(', ')}`, value)
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(what, 'a list that is not empty', value)
  return value
}

/** An address in its canonical spelling, so that equal texts are equal addresses. */
function addressOf(value: unknown, what: string): Address {
  const address = typeof value === 'string' ? parseAddress(value) : undefined
  if (address === undefined || address !== value) throw wrong(what, 'a canonical address', value)
  return address
}

function nameOf(value: unknown): Name {
  if (typeof value !== 'string' || !isName(value)) throw wrong('name', 'a canonical name', value)
  return value
}

function revisionOf(value: unknown): string {
  if (typeof value !== 'string' || !REVISION.test(value)) throw wrong('revision', '16 hexadecimal digits', value)
  return value
}

function integerOf(value: unknown, what: string, largest: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > largest) {
    throw wrong(what, `a whole number from 0 to ${largest}`, value)
  }
  return value
}

/** The version first: a hello of another one may have other fields. */
function helloOf(value: unknown, keys: readonly string[]): Fields {
  if (isFields(value) && Object.hasOwn(value, 'protocol')) checkProtocol(value)
  return fieldsOf(value, keys)
}

function checkProtocol({ protocol }: Fields): void {
  if (protocol === PROTOCOL_VERSION) return
  const versions = `this side speaks version ${PROTOCOL_VERSION} of the protocol, the other ${show(protocol)}`
  throw new ProtocolError(`${versions}: restart resolver and updater from the same installation`)
}
