// What somebody who adds a client at run time asks for.

import { CLIENT_NAME_RULE, HOST, HOST_IS_TAKEN, isClientName } from '../net/client-name.ts'
import { type Prefix, PrefixError, parsePrefix } from '../net/prefix.ts'
import type { ClientEntry } from '../policy/client.ts'
import { ZoneSyntaxError } from './problem.ts'

export interface JoinedClient extends ClientEntry {
  /** Entries for it alone, of the tier app; may be empty. */
  readonly zones: string
}

const FIELDS = ['addresses', 'interfaces', 'zones']
const SHAPE = '{"addresses": ["10.77.0.2", "fd77::2"], "zones": "api.example 443"}, or with "interfaces": ["veth7"]'
/** As in the settings: a name that Linux takes, or the beginning of one and a star. */
const INTERFACE = /^[^\s/*]{1,15}\*?$/
/** All of them stand in one line of the decision log, which nobody reads beyond a megabyte. */
const MOST_PLACES = 4096

/** Reads parsed JSON strictly: addresses or interfaces at least. Throws ZoneSyntaxError. */
export function readWish(name: string, wish: unknown): JoinedClient {
  if (!isClientName(name)) {
    throw new ZoneSyntaxError(`expected a client name of ${CLIENT_NAME_RULE}, got ${JSON.stringify(name)}`)
  }
  if (name === HOST) throw new ZoneSyntaxError(HOST_IS_TAKEN)
  if (typeof wish !== 'object' || wish === null || Array.isArray(wish)) throw new ZoneSyntaxError(`expected an object as ${SHAPE}`)
  const stranger = Object.keys(wish).find((key) => !FIELDS.includes(key))
  if (stranger !== undefined) throw new ZoneSyntaxError(`unknown key ${JSON.stringify(stranger)}: expected an object as ${SHAPE}`)
  const { addresses, interfaces = [], zones = '' } = wish as Readonly<Record<(typeof FIELDS)[number], unknown>>
  if (typeof zones !== 'string') throw new ZoneSyntaxError('zones: expected the text of a zone file')
  // The file could not be read again.
  if (zones.includes('\0')) throw new ZoneSyntaxError('zones: is not text: it holds NUL')
  const names = listOf('interfaces', interfaces).map(readInterface)
  const prefixes =
    names.length > 0 && (addresses === undefined || listOf('addresses', addresses).length === 0) ? [] : readPrefixes(addresses)
  return { name, prefixes, interfaces: names, zones }
}

function listOf(key: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value]
  if (value.length > MOST_PLACES) throw new ZoneSyntaxError(`${key}: expected ${MOST_PLACES} at most, got ${value.length}`)
  return value
}

function readInterface(text: unknown): string {
  if (typeof text === 'string' && INTERFACE.test(text)) return text
  throw new ZoneSyntaxError(`interfaces: expected the name of an interface, or its beginning and a star, got ${JSON.stringify(text)}`)
}

function readPrefixes(addresses: unknown): readonly Prefix[] {
  const list = listOf('addresses', addresses)
  if (list.length === 0) throw new ZoneSyntaxError('addresses: expected one address or prefix at least')
  return list.map(readPrefix)
}

function readPrefix(text: unknown): Prefix {
  const prefix = typeof text === 'string' ? prefixIn(text) : undefined
  if (prefix === undefined)
    throw new ZoneSyntaxError(`addresses: expected an address or a prefix, got ${JSON.stringify(text) ?? 'nothing'}`)
  return prefix
}

function prefixIn(text: string): Prefix | undefined {
  try {
    return parsePrefix(text)
  } catch (error) {
    if (error instanceof PrefixError) throw new ZoneSyntaxError(`addresses: ${error.message}`, { cause: error })
    throw error
  }
}
