// Routing rules of the routing lock, and the links it is for, over rtnetlink: include/uapi/linux/rtnetlink.h, fib_rules.h, if_link.h.
import { constants } from 'node:os'
import { NetlinkError, SystemError } from './error.ts'
import { attributesIn, i32Host, textOf, u32Host } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'

/**
 * What comes in by this interface is routed only if it carries the mark:
 * `iif NAME fwmark MARK/MARK lookup main` at `preference`, `iif NAME blackhole` after it, in both families. Not `unreachable`: the kernel
 * would quote the packet to its source, which is for the sandbox to forge, and so send anything to anybody.
 */
export interface RoutingLock {
  readonly interfaceName: string
  /** One bit. */
  readonly mark: number
  readonly preference: number
}

export interface Link {
  readonly index: number
  readonly name: string
  readonly up: boolean
}

export interface Routes {
  /** What is locked already stays so. The interface need not exist yet. */
  lock(lock: RoutingLock): void
  /** What is not locked stays so. */
  unlock(lock: RoutingLock): void
  /** The locks in force that this program has made, each once, half ones too. */
  locks(mark: number): readonly RoutingLock[]
  links(): readonly Link[]
  close(): void
}

export interface RouteWatch {
  /** Has anything changed since the last poll, or were notices of it lost? Never waits. */
  poll(): boolean
  close(): void
}

const RTM = { GETLINK: 18, NEWRULE: 32, DELRULE: 33, GETRULE: 34 } as const
/** enum rtnetlink_groups: links and addresses; these and the routes of either family; its routing rules. */
const RTNLGRP = { links: [1, 5, 9], routes: [1, 5, 7, 9, 11], rules: [8, 19] } as const
const FRA = { IIFNAME: 3, PRIORITY: 6, FWMARK: 10, TABLE: 15, FWMASK: 16, PROTOCOL: 21 } as const
const FR_ACT = { TO_TBL: 1, BLACKHOLE: 6 } as const
const RT_TABLE_MAIN = 254
const IFLA_IFNAME = 3
const IFF_UP = 1
const AF_INET = 2
const AF_INET6 = 10
const FIB_RULE_HEADER_OCTETS = 12
const IFINFO_OCTETS = 16
/** Marks rules as ours (RTPROT_*: who installed it; numbers from 5 on are free for programs). */
const RTPROT_SALLYPORT = 83

type Half = 'marked' | 'blackhole'

export function openRoutes(): Routes {
  const socket = new NetlinkSocket(NETLINK.ROUTE)
  const writer = new Writer(1024)

  /** One rule, in one family. `tolerated`: what is no error. */
  function change(type: number, flags: number, family: number, half: Half, lock: RoutingLock, tolerated: readonly string[]): void {
    writer.clear()
    writer.beginMessage(type, NLM.REQUEST | NLM.ACK | flags, socket.nextSequence)
    writeRule(writer, family, half, lock)
    writer.endMessage()
    const { refusal } = socket.request(writer.written(), 1)
    if (refusal === undefined) return
    const error = new NetlinkError(`routing rule for ${lock.interfaceName}`, refusal.errno)
    if (!tolerated.includes(error.code) && !(family === AF_INET6 && error.code === 'EAFNOSUPPORT')) throw error
  }

  function list<T>(type: number, header: Uint8Array, doing: string, read: (body: Buffer) => readonly T[]): readonly T[] {
    const found: T[] = []
    writer.clear()
    writer.beginMessage(type, NLM.REQUEST | NLM.DUMP, socket.nextSequence)
    writer.raw(header)
    writer.endMessage()
    socket.dump(writer.written(), doing, ({ body }) => found.push(...read(body)))
    return found
  }

  function eachFamily(act: (family: number) => void): void {
    act(AF_INET)
    act(AF_INET6)
  }

  return {
    // The door is shut last and opened first, so that nothing in between stops traffic that may pass.
    lock: (lock) =>
      eachFamily((family) => {
        change(RTM.NEWRULE, NLM.CREATE | NLM.EXCL, family, 'marked', lock, ['EEXIST'])
        change(RTM.NEWRULE, NLM.CREATE | NLM.EXCL, family, 'blackhole', lock, ['EEXIST'])
      }),
    unlock: (lock) =>
      eachFamily((family) => {
        change(RTM.DELRULE, 0, family, 'blackhole', lock, ['ENOENT'])
        change(RTM.DELRULE, 0, family, 'marked', lock, ['ENOENT'])
      }),
    locks: (mark) => {
      const rules = list(RTM.GETRULE, new Uint8Array(FIB_RULE_HEADER_OCTETS), 'list routing rules', (body) => readRule(body, mark))
      return [...new Map(rules.map((lock) => [`${lock.preference} ${lock.interfaceName}`, lock])).values()]
    },
    links: () => list(RTM.GETLINK, new Uint8Array(IFINFO_OCTETS), 'list links', readLink),
    close: () => socket.close(),
  }
}

/** Notices of links and addresses that come, go or change. */
export function watchLinks(): RouteWatch {
  return watch(RTNLGRP.links)
}

/**
 * Notices of routes that come or go. Those of IPv4 go with their link or address without a notice of their own.
 * @param queueOctets what may wait for `poll`; what has no room is news as well
 */
export function watchRoutes(queueOctets?: number): RouteWatch {
  return watch(RTNLGRP.routes, queueOctets)
}

/** Notices of routing rules that come or go, whoever made them. */
export function watchRules(): RouteWatch {
  return watch(RTNLGRP.rules)
}

function watch(groups: readonly number[], queueOctets?: number): RouteWatch {
  const socket = new NetlinkSocket(NETLINK.ROUTE, queueOctets)
  for (const group of groups) socket.join(group)
  return { poll: () => hasNews(socket), close: () => socket.close() }
}

function hasNews(socket: NetlinkSocket): boolean {
  try {
    return [...socket.poll()].length > 0
  } catch (error) {
    if (error instanceof SystemError && error.errno === constants.errno.ENOBUFS) return true
    throw error
  }
}

/** struct fib_rule_hdr: family, dst_len, src_len, tos, table, res1, res2, action, flags. */
function writeRule(writer: Writer, family: number, half: Half, { interfaceName, mark, preference }: RoutingLock): void {
  const marked = half === 'marked'
  const [table, action] = marked ? [RT_TABLE_MAIN, FR_ACT.TO_TBL] : [0, FR_ACT.BLACKHOLE]
  writer.raw([family, 0, 0, 0, table, 0, 0, action, 0, 0, 0, 0])
  writer.text(FRA.IIFNAME, interfaceName)
  writer.hostU32(FRA.PRIORITY, marked ? preference : preference + 1)
  writer.u8(FRA.PROTOCOL, RTPROT_SALLYPORT)
  if (!marked) return
  writer.hostU32(FRA.TABLE, RT_TABLE_MAIN)
  writer.hostU32(FRA.FWMARK, mark)
  writer.hostU32(FRA.FWMASK, mark)
}

/** Either half tells of its lock. */
function readRule(body: Buffer, mark: number): readonly RoutingLock[] {
  const attributes = attributesIn(body, FIB_RULE_HEADER_OCTETS)
  const interfaceName = textOf(attributes.get(FRA.IIFNAME))
  const priority = attributes.get(FRA.PRIORITY)
  if (interfaceName === undefined || priority === undefined || attributes.get(FRA.PROTOCOL)?.[0] !== RTPROT_SALLYPORT) return []
  const marked = body[7] === FR_ACT.TO_TBL
  const preference = u32Host(priority, 0) - (marked ? 0 : 1)
  const own = attributes.get(FRA.FWMARK)
  return marked && (own === undefined || u32Host(own, 0) !== mark) ? [] : [{ interfaceName, mark, preference }]
}

/** struct ifinfomsg: family, pad, type, index, flags, change. */
function readLink(body: Buffer): readonly Link[] {
  const name = textOf(attributesIn(body, IFINFO_OCTETS).get(IFLA_IFNAME))
  return name === undefined ? [] : [{ index: i32Host(body, 4), name, up: (u32Host(body, 8) & IFF_UP) !== 0 }]
}
