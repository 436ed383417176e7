// The routes of all tables, read over rtnetlink (rtnetlink(7)): RTM_GETROUTE with a dump, replies of struct rtmsg.
import { ADDRESS_OCTETS, decodeAddress, type Family } from '../net/address.ts'
import { isInside, type Prefix, parsePrefix } from '../net/prefix.ts'
import type { Route } from '../net/route.ts'
import { interfaceNameOf } from './interface-name.ts'
import { attributesIn, u32Host } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'
import { type RouteWatch, watchRoutes } from './route.ts'

const RTM_GETROUTE = 26
const RTA = { DST: 1, OIF: 4, PRIORITY: 6, MULTIPATH: 9, TABLE: 15 } as const
/** rtm_type */
const RTN = { UNICAST: 1, LOCAL: 2, ANYCAST: 4, BLACKHOLE: 6, UNREACHABLE: 7, PROHIBIT: 8, THROW: 9 } as const
const LEADING: ReadonlySet<number> = new Set([RTN.UNICAST, RTN.BLACKHOLE, RTN.UNREACHABLE, RTN.PROHIBIT, RTN.THROW])
const DELIVERED: ReadonlySet<number> = new Set([RTN.LOCAL, RTN.ANYCAST])
/** The kernel's own; others with local routes are for what is intercepted. */
const RT_TABLE_LOCAL = 255
const AF_INET = 2
const AF_INET6 = 10
const FAMILIES = [AF_INET, AF_INET6]
/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags. */
const HEADER_OCTETS = 12
/** Routes may change while they are read. */
const MOST_TRIES = 5
/** Every link has them: they tell of none. */
const LINK_LOCAL = parsePrefix('fe80::/10')!
const MULTICAST = parsePrefix('ff00::/8')!
/** That there is news is all that we want to know. */
const NEWS_OCTETS = 16 * 1024

/** The routes, for whoever wants to know them again and again. */
export interface RouteTable {
  /** What is there now; read anew only if the kernel has told of changes since. */
  list(): readonly Route[]
  close(): void
}

/** Thousands of routes take tens of milliseconds to read. Nothing is watched or read before they are asked for. */
export function openRouteTable(): RouteTable {
  let watch: RouteWatch | undefined
  let known: readonly Route[] | undefined

  function list(): readonly Route[] {
    watch ??= watchRoutes(NEWS_OCTETS)
    // Asked before the routes are read, so that what changes meanwhile is news the next time.
    if (watch.poll() || known === undefined) known = listRoutes()
    return known
  }

  return { list, close: () => watch?.close() }
}

/** What is there now, in both families. Needs no privilege. */
export function listRoutes(): readonly Route[] {
  const socket = new NetlinkSocket(NETLINK.ROUTE)
  try {
    const names = new Map<number, string | undefined>()
    return FAMILIES.flatMap((family) => listFamily(socket, family, (body) => readRoute(body, names)))
  } finally {
    socket.close()
  }
}

/** What is delivered to this machine itself: its addresses, and prefixes that are local as a whole ("AnyIP"). Needs no privilege. */
export function listLocalPrefixes(): readonly Prefix[] {
  const socket = new NetlinkSocket(NETLINK.ROUTE)
  try {
    return FAMILIES.flatMap((family) => listFamily(socket, family, readLocal))
  } finally {
    socket.close()
  }
}

function listFamily<T>(socket: NetlinkSocket, family: number, readOne: (body: Buffer) => T | undefined): readonly T[] {
  let found: T[] = []
  const read = (): boolean => {
    found = []
    const writer = new Writer(64)
    writer.beginMessage(RTM_GETROUTE, NLM.REQUEST | NLM.DUMP, socket.nextSequence)
    writer.raw([family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    writer.endMessage()
    return socket.dump(writer.written(), 'list routes', ({ body }) => {
      const one = readOne(body)
      if (one !== undefined) found.push(one)
    })
  }
  for (let tries = 1; !read() && tries < MOST_TRIES; tries++);
  return found
}

/** Undefined: of another kind, or by more than the destination. */
function readRoute(body: Buffer, names: Map<number, string | undefined>): Route | undefined {
  const [family, length, sourceLength, service, , , , type] = body
  if (!LEADING.has(type!)) return undefined
  if (sourceLength !== 0 || service !== 0) return undefined
  const attributes = attributesIn(body, HEADER_OCTETS)
  const numberAt = (attribute: number) => {
    const value = attributes.get(attribute)
    return value === undefined ? undefined : u32Host(value, 0)
  }
  const prefix = readPrefix(attributes.get(RTA.DST), length!, family === AF_INET ? 4 : 6)
  if (isInside(prefix, LINK_LOCAL) || isInside(prefix, MULTICAST)) return undefined
  const index = numberAt(RTA.OIF)
  const leads = type === RTN.UNICAST && index !== undefined && !attributes.has(RTA.MULTIPATH)
  const interfaceName = leads ? nameOf(index, names) : undefined
  return { table: numberAt(RTA.TABLE) ?? 0, prefix, interfaceName, metric: numberAt(RTA.PRIORITY) ?? 0 }
}

function readLocal(body: Buffer): Prefix | undefined {
  const [family, length, , , , , , type] = body
  if (!DELIVERED.has(type!)) return undefined
  const attributes = attributesIn(body, HEADER_OCTETS)
  const table = attributes.get(RTA.TABLE)
  if (table === undefined || u32Host(table, 0) !== RT_TABLE_LOCAL) return undefined
  return readPrefix(attributes.get(RTA.DST), length!, family === AF_INET ? 4 : 6)
}

function readPrefix(destination: Buffer | undefined, length: number, family: Family): Prefix {
  const octets = destination ?? new Uint8Array(ADDRESS_OCTETS[family])
  return { family, address: decodeAddress(octets, 0, family), length }
}

function nameOf(index: number, names: Map<number, string | undefined>): string | undefined {
  if (!names.has(index)) names.set(index, interfaceNameOf(index))
  return names.get(index)
}
