// What somebody who adds a client at run time asks for.

import { type Prefix, PrefixError, parsePrefix } from '../net/prefix.ts'
import { type ClientEntry, isClientName } from '../policy/client.ts'
import { ZoneSyntaxError } from './problem.ts'

export interface JoinedClient extends ClientEntry {
  /** Entries for it alone, of the tier app; may be empty. */
  readonly zones: string
}

const FIELDS = ['addresses', 'zones']
const SHAPE = '{"addresses": ["10.77.0.2", "fd77::2"], "zones": "api.example 443"}'

/** Reads parsed JSON, `zones` optional, strictly. Throws ZoneSyntaxError. */
export function readWish(name: string, wish: unknown): JoinedClient {
  if (!isClientName(name)) {
    throw new ZoneSyntaxError(
      `a client's name is of letters, digits, ".", "_" and "-", 64 at most, and no address; got ${JSON.stringify(name)}`,
    )
  }
  if (typeof wish !== 'object' || wish === null || Array.isArray(wish)) throw new ZoneSyntaxError(`expected an object as ${SHAPE}`)
  const stranger = Object.keys(wish).find((key) => !FIELDS.includes(key))
  if (stranger !== undefined) throw new ZoneSyntaxError(`unknown key ${JSON.stringify(stranger)}: expected an object as ${SHAPE}`)
  const { addresses, zones = '' } = wish as { readonly addresses?: unknown; readonly zones?: unknown }
  if (typeof zones !== 'string') throw new ZoneSyntaxError('zones: expected the text of a zone file')
  // The file could not be read again.
  if (zones.includes('\0')) throw new ZoneSyntaxError('zones: is not text: it holds NUL')
  return { name, prefixes: readPrefixes(addresses), zones }
}

function readPrefixes(addresses: unknown): readonly Prefix[] {
  const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses]
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
