// Flows that connection tracking knows, over ctnetlink: listed, looked at in slices, and forgotten.
import { constants } from 'node:os'
import type { Family } from '../net/address.ts'
import { AF, CTA, type Flow, readFlow } from './conntrack-entry.ts'
import { NetlinkError } from './error.ts'
import { attributesIn } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'

export type { Flow }

export interface Conntrack {
  flows(family: Family): readonly Flow[]
  /** Forgets the flows that match and returns how many: the next packet of each begins a new flow, which the rules judge. */
  deleteFlows(family: Family, matches: (flow: Flow, entry: Buffer) => boolean): number
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
const NFGENMSG_OCTETS = 4
const NLA_F_NESTED = 0x8000
/** What names an entry to the kernel. The id tells it from a later flow with the same addresses and ports. */
const IDENTITY = [CTA.TUPLE_ORIG, CTA.ID, CTA.ZONE] as const

/** Opens the connection; the kernel checks CAP_NET_ADMIN at each call. Sees the flows that carry all bits of `mark`; 0: all. */
export function openConntrack(mark = 0): Conntrack {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer()

  function visit(family: Family, see: (flow: Flow, entry: Buffer) => void): void {
    writer.clear()
    beginDump(writer, AF[family], mark, socket.nextSequence)
    socket.dump(writer.written(), 'list flows', ({ body }) => {
      const flow = readFlow(body)
      if (flow !== undefined) see(flow, body)
    })
  }

  function flows(family: Family): readonly Flow[] {
    const found: Flow[] = []
    visit(family, (flow) => found.push(flow))
    return found
  }

  function deleteFlows(family: Family, matches: (flow: Flow, entry: Buffer) => boolean): number {
    const doomed: Identity[] = []
    visit(family, (flow, entry) => {
      if (matches(flow, entry)) doomed.push(identityOf(entry))
    })
    if (doomed.length > 0) send(family, doomed)
    return doomed.length
  }

  /** All in one send; the last message asks for the acknowledgement. */
  function send(family: Family, doomed: readonly Identity[]): void {
    writer.clear()
    doomed.forEach((identity, i) => {
      beginMessage(writer, IPCTNL_MSG_CT.DELETE, 0, AF[family], socket.nextSequence + i)
      for (const [type, octets] of identity) writer.octets(type === CTA.TUPLE_ORIG ? type | NLA_F_NESTED : type, octets)
      writer.endMessage()
    })
    writer.addFlags(NLM.ACK)
    const { refusal } = socket.request(writer.written(), doomed.length)
    // Flows may end by themselves meanwhile.
    if (refusal !== undefined && refusal.errno !== constants.errno.ENOENT) throw new NetlinkError('delete flows', refusal.errno)
  }

  return { flows, deleteFlows, close: () => socket.close() }
}

/** Of the entries that carry all bits of `mark`; 0: of all. */
export function openFlowDump(mark: number): FlowDump {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer(1024)

  function start(): void {
    writer.clear()
    beginDump(writer, AF_UNSPEC, mark, socket.nextSequence)
    socket.startDump(writer.written())
  }

  return {
    start,
    read: (see) => socket.readDump('look at flows', ({ body }) => see(body)),
    close: () => socket.close(),
  }
}

/** The kernel leaves out what lacks the mark, which costs a tenth of handing it over. */
function beginDump(writer: Writer, family: number, mark: number, sequence: number): void {
  beginMessage(writer, IPCTNL_MSG_CT.GET, NLM.DUMP, family, sequence)
  if (mark !== 0) {
    writer.u32(CTA.MARK, mark)
    writer.u32(CTA.MARK_MASK, mark)
  }
  writer.endMessage()
}

function beginMessage(writer: Writer, type: number, flags: number, family: number, sequence: number): void {
  writer.beginMessage((NFNL_SUBSYS_CTNETLINK << 8) | type, NLM.REQUEST | flags, sequence)
  writer.netfilterHeader(family, 0)
}

type Identity = readonly (readonly [type: number, octets: Buffer])[]

/** A copy, because the dump's buffer is used again. */
function identityOf(entry: Buffer): Identity {
  const attributes = attributesIn(entry, NFGENMSG_OCTETS)
  return IDENTITY.flatMap((type) => {
    const octets = attributes.get(type)
    return octets === undefined ? [] : [[type, Buffer.from(octets)] as const]
  })
}
