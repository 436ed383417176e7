// The smallest parts of the settings: texts in the notation of their kind, numbers in bounds. The formatter of problems adds what it got.

import type { z as Zod } from 'zod'
import { familyOf, parseAddress } from '../net/address.ts'
import { CLIENT_NAME, CLIENT_NAME_RULE, HOST, HOST_IS_TAKEN, isClientName } from '../net/client-name.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import type { Place } from '../net/place.ts'
import { parsePortRange } from '../net/port.ts'
import { type Prefix, PrefixError, parsePrefix } from '../net/prefix.ts'
import type { MetricsSetting, MirrorSetting, UserSetting } from './config.ts'
import { isHostName, parseUpstream, UPSTREAM_NOTATION } from './upstream.ts'
import { z } from './zod.ts'

const DNS_PORT = 53
/** A name as Linux takes it, or the beginning of one and a star. */
const INTERFACE = /^[^\s/*]{1,15}\*?$/
/** There is no usual one: it has to be said. */
const NO_PORT = 0

/** A text (or a bare number, as YAML reads `53`) that `parse` understands; `expected` completes "expected …". */
function notation<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.union([z.string(), z.number()], { error: `expected ${expected}` }).transform((value, context): T => {
    const parsed = parse(String(value))
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: `expected ${expected}` })
    return z.NEVER
  })
}

export function wholeNumber(first: number, last: number) {
  const error = `expected a whole number from ${first} to ${last}`
  return z.int({ error }).min(first, { error }).max(last, { error })
}

export function oneOf<const T extends readonly string[]>(...values: T) {
  return z.enum(values, { error: `expected ${values.join(', ').replace(/, ([^,]*)$/, ' or $1')}` })
}

function listOf<T extends Zod.ZodType>(member: T, expected: string) {
  return z.array(member, { error: `expected a list of ${expected}` })
}

/** One, or a list: `10.77.0.2` as well as `[10.77.0.2, fd77::2]`. */
export function oneOrMore<T extends Zod.ZodType>(member: T, expected: string) {
  return z.union([member, listOf(member, expected)]).transform((value) => (Array.isArray(value) ? value : [value]) as Zod.output<T>[])
}

export const flag = z.boolean({ error: 'expected true or false' })
export const folder = z.string({ error: 'expected the path of a folder' }).min(1, { error: 'expected the path of a folder' })
export const file = z.string({ error: 'expected the path of a file' }).min(1, { error: 'expected the path of a file' })
export const portRange = notation('a port such as 443, tcp/443, udp/8000-8100 or any', parsePortRange)
export const prefix = z.string({ error: 'expected an address or a prefix' }).transform(toPrefix)
/** What has none of the letters of a name is meant as an address. */
const MEANT_AS_ADDRESS = /[:/]|^[\d.]+$/
export const clientPart = z
  .string({ error: 'expected an address, a prefix or an interface' })
  .transform((text, context) =>
    INTERFACE.test(text) && !MEANT_AS_ADDRESS.test(text) ? { interface: text } : { prefix: toPrefix(text, context) },
  )
export function toPlace(parts: readonly Zod.output<typeof clientPart>[]): Place {
  return {
    prefixes: parts.flatMap((part) => ('prefix' in part ? part.prefix : [])),
    interfaces: parts.flatMap((part) => ('interface' in part ? part.interface : [])),
  }
}
export const clientName = z
  .string()
  .regex(CLIENT_NAME, { error: `expected a client name of ${CLIENT_NAME_RULE}` })
  .refine(isClientName, { error: `expected a client name of ${CLIENT_NAME_RULE}` })
  .refine((name) => name !== HOST, { error: HOST_IS_TAKEN })
/** Whom a zone file may be for. What is wrong with a prefix is reported as such. */
export const selector = z.union([
  clientName.transform((name) => ({ kind: 'name', name }) as const),
  prefix.transform((each) => ({ kind: 'prefix', prefix: each }) as const),
])
const address = notation('an address', parseAddress)
/** One address, or one of each family. */
export const addressPair = oneOrMore(address, 'addresses').refine(
  (addresses) => addresses.length > 0 && new Set(addresses.map(familyOf)).size === addresses.length,
  { error: 'expected an address, or one of each family' },
)
export const endpoint = notation('an address, or address and port as in 192.0.2.1:53 and [2001:db8::1]:53', (text) =>
  parseEndpoint(text, DNS_PORT),
)
export const upstream = notation(UPSTREAM_NOTATION, parseUpstream)
export const plainUpstream = notation('"system", or an address with or without port', (text) => {
  const parsed = parseUpstream(text)
  return parsed?.kind === 'plain' || parsed?.kind === 'system' ? parsed : undefined
})
export const suffix = z.string().refine((text) => isHostName(text.toLowerCase()), { error: 'expected a name as corp.example' })
export const user = notation('auto, or numbers as UID or UID:GID', parseUser)
export const mirror = notation('family, table and set of your own as "inet fw4 allowed4"', parseMirror)
export const interfacePattern = notation('the name of an interface, or its beginning and a star as veth*', (text) =>
  INTERFACE.test(text) ? text : undefined,
)
export const metricsListen = notation(
  'off, an address and port as in 127.0.0.1:9353, or the path of a Unix socket with a slash in it',
  parseMetricsListen,
)
export const identifier = notation('a name of letters, digits, "_" and "-"', (text) => (isIdentifier(text) ? text : undefined))

function toPrefix(text: string, context: Zod.RefinementCtx): Prefix {
  try {
    const parsed = parsePrefix(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'expected an address or a prefix' })
  } catch (error) {
    if (!(error instanceof PrefixError)) throw error
    context.addIssue({ code: 'custom', message: `expected an address or a prefix (${error.message})` })
  }
  return z.NEVER
}

/** Neither may be root: what is given up would be nothing. */
function parseUser(text: string): UserSetting | undefined {
  if (text === 'auto') return 'auto'
  const match = /^([1-9]\d{0,9})(?::([1-9]\d{0,9}))?$/.exec(text)
  return match ? { uid: Number(match[1]), gid: Number(match[2] ?? match[1]) } : undefined
}

function parseMetricsListen(text: string): MetricsSetting | undefined {
  if (text === 'off') return { kind: 'off' }
  if (text.includes('/')) return { kind: 'socket', path: text }
  const endpoint = parseEndpoint(text, NO_PORT)
  return endpoint && { kind: 'endpoint', endpoint }
}

function parseMirror(text: string): MirrorSetting | undefined {
  const [family, table, set, ...rest] = text.trim().split(/\s+/)
  if (family !== 'inet' && family !== 'ip' && family !== 'ip6') return undefined
  return table && set && rest.length === 0 && isIdentifier(table) && isIdentifier(set) ? { family, table, set } : undefined
}

function isIdentifier(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(text)
}
