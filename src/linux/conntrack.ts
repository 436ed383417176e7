// Flows that connection tracking knows, over ctnetlink: listed, looked at in slices, and forgotten.
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { type Address, encodeAddress, type Family } from '../net/address.ts'
import { AF, CTA, CTA_IP, CTA_TUPLE, type Flow, readFlow } from './conntrack-entry.ts'
import { NetlinkError } from './error.ts'
import { attributesIn } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'

export type { Flow }

/**
 * Which entries are looked at. To leave others out costs the kernel a tenth of handing them over, and it does so for families, marks and
 * IPv4 addresses, those from Linux 5.8 on. Asked for an IPv6 address it leaves out that one and hands over the others (6.18,
 * ctnetlink_filter_match_tuple in net/netfilter/nf_conntrack_netlink.c), so it is not asked: `matches` sees more than it needs.
 */
export interface Where {
  /** Undefined: both, in one walk through the kernel's table. */
  readonly family: Family | undefined
  /** All bits of it are in the entry's mark; 0: whatever that is. */
  readonly mark: number
  /** Of the flow's first packet. */
  readonly source?: Address
  readonly destination?: Address
}

/** `entry` is what the kernel says of the flow; valid during the call only. */
type Matches = (flow: Flow, entry: Buffer) => boolean

export interface Conntrack {
  flows(family: Family): readonly Flow[]
  /** Forgets the flows that match and returns how many: the next packet of each begins a new flow, which the rules judge. */
  deleteFlows(family: Family | undefined, matches: Matches): number
  /** The same in steps, each of a hundred or so that were handed over: yields how many were forgotten at each. One at a time. Throws NetlinkError. */
  forget(where: Where, matches: Matches): Generator<number, void>
  close(): void
}

/** A look at the entries of both families, slice by slice. */
export interface FlowDump {
  start(): void
  /** Gives the next hundred or so to `see`, each valid during the call only. False: there are no more. */
  read(see: (entry: Buffer) => void): boolean
  close(): void
}

const NFNL_SUBSYS_CTNETLINK = 1
const IPCTNL_MSG_CT = { GET: 1, DELETE: 2 } as const
const AF_UNSPEC = 0
/** net/netfilter/nf_internals.h: which parts of a tuple a dump is filtered by. */
const CTA_FILTER_ORIG_FLAGS = 1
const FILTER_BY = { source: 1 << 0, destination: 1 << 1 } as const
const NFGENMSG_OCTETS = 4
const NLA_F_NESTED = 0x8000
/** What names an entry to the kernel. The id tells it from a later flow with the same addresses and ports. */
const IDENTITY = [CTA.TUPLE_ORIG, CTA.ID, CTA.ZONE] as const

/**
 * Whether any flow of this network namespace is known. For a look at none the kernel still walks the table of all namespaces,
 * which takes 5 to 10 ms with a quarter of a million buckets.
 */
export function knowsFlows(): boolean {
  try {
    return readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8').trim() !== '0'
  } catch {
    return true
  }
}

/** Opens the connection; the kernel checks CAP_NET_ADMIN at each call. */
export function openConntrack(): Conntrack {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const dump = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer()

  function flows(family: Family): readonly Flow[] {
    const found: Flow[] = []
    writer.clear()
    writeDump(writer, { family, mark: 0 }, socket.nextSequence)
    socket.dump(writer.written(), 'list flows', ({ body }) => {
      const flow = readFlow(body)
      if (flow !== undefined) found.push(flow)
    })
    return found
  }

  function deleteFlows(family: Family | undefined, matches: Matches): number {
    return forget({ family, mark: 0 }, matches).reduce((sum, count) => sum + count, 0)
  }

  /** Whoever leaves off in the middle has the rest read all the same: a socket takes no second dump before. */
  function* forget(where: Where, matches: Matches): Generator<number, void> {
    writer.clear()
    writeDump(writer, where, dump.nextSequence)
    dump.startDump(writer.written())
    let isMore = true
    try {
      while (isMore) {
        const doomed: Identity[] = []
        isMore = dump.readDump('list flows', ({ body }) => {
          const flow = readFlow(body)
          if (flow !== undefined && matches(flow, body)) doomed.push(identityOf(body))
        })
        if (doomed.length > 0) send(doomed)
        yield doomed.length
      }
    } finally {
      while (isMore) isMore = dump.readDump('list flows', () => {})
    }
  }

  /** All in one send; the last message asks for the acknowledgement. */
  function send(doomed: readonly Identity[]): void {
    writer.clear()
    doomed.forEach(({ family, attributes }, i) => {
      beginMessage(writer, IPCTNL_MSG_CT.DELETE, 0, family, socket.nextSequence + i)
      for (const [type, octets] of attributes) writer.octets(type === CTA.TUPLE_ORIG ? type | NLA_F_NESTED : type, octets)
      writer.endMessage()
    })
    writer.addFlags(NLM.ACK)
    const { refusal } = socket.request(writer.written(), doomed.length)
    // Flows may end by themselves meanwhile.
    if (refusal !== undefined && refusal.errno !== constants.errno.ENOENT) throw new NetlinkError('delete flows', refusal.errno)
  }

  function close(): void {
    socket.close()
    dump.close()
  }

  return { flows, deleteFlows, forget, close }
}

/** Of the entries that carry all bits of `mark`; 0: of all. */
export function openFlowDump(mark: number): FlowDump {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer(1024)
  let isWalking = false

  function start(): void {
    isWalking = knowsFlows()
    if (!isWalking) return
    writer.clear()
    writeDump(writer, { family: undefined, mark }, socket.nextSequence)
    socket.startDump(writer.written())
  }

  return {
    start,
    read: (see) => isWalking && socket.readDump('look at flows', ({ body }) => see(body)),
    close: () => socket.close(),
  }
}

function writeDump(writer: Writer, where: Where, sequence: number): void {
  beginMessage(writer, IPCTNL_MSG_CT.GET, NLM.DUMP, where.family === undefined ? AF_UNSPEC : AF[where.family], sequence)
  if (where.mark !== 0) {
    writer.u32(CTA.MARK, where.mark)
    writer.u32(CTA.MARK_MASK, where.mark)
  }
  writeAddresses(writer, where)
  writer.endMessage()
}

function writeAddresses(writer: Writer, { family, source, destination }: Where): void {
  if (family !== 4 || (source === undefined && destination === undefined)) return
  const tuple = writer.beginNest(CTA.TUPLE_ORIG)
  const addresses = writer.beginNest(CTA_TUPLE.IP)
  if (source !== undefined) writer.octets(CTA_IP[family].SRC, encodeAddress(source))
  if (destination !== undefined) writer.octets(CTA_IP[family].DST, encodeAddress(destination))
  writer.endNest(addresses)
  writer.endNest(tuple)
  const filter = writer.beginNest(CTA.FILTER)
  writer.hostU32(
    CTA_FILTER_ORIG_FLAGS,
    (source === undefined ? 0 : FILTER_BY.source) | (destination === undefined ? 0 : FILTER_BY.destination),
  )
  writer.endNest(filter)
}

function beginMessage(writer: Writer, type: number, flags: number, family: number, sequence: number): void {
  writer.beginMessage((NFNL_SUBSYS_CTNETLINK << 8) | type, NLM.REQUEST | flags, sequence)
  writer.netfilterHeader(family, 0)
}

interface Identity {
  /** Of linux/socket.h. */
  readonly family: number
  readonly attributes: readonly (readonly [type: number, octets: Buffer])[]
}

/** A copy, because the dump's buffer is used again. */
function identityOf(entry: Buffer): Identity {
  const found = attributesIn(entry, NFGENMSG_OCTETS)
  const attributes = IDENTITY.flatMap((type) => {
    const octets = found.get(type)
    return octets === undefined ? [] : [[type, Buffer.from(octets)] as const]
  })
  return { family: entry[0]!, attributes }
}
