// Flows that connection tracking knows, over ctnetlink. Attributes: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
import { constants } from 'node:os'
import { type Address, decodeAddress, type Family } from '../net/address.ts'
import { NetlinkError } from './error.ts'
import { type Attributes, attributesIn } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'

/** A flow as its first packet had it, before any redirect. */
export interface Flow {
  readonly family: Family
  readonly source: Address
  readonly destination: Address
  /** IPPROTO_TCP 6, IPPROTO_UDP 17. */
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  /** Has a packet come the other way? */
  readonly replied: boolean
}

export interface Conntrack {
  flows(family: Family): readonly Flow[]
  /** Forgets the flows that match and returns how many: the next packet of each begins a new flow, which the rules judge. */
  deleteFlows(family: Family, matches: (flow: Flow) => boolean): number
  close(): void
}

const NFNL_SUBSYS_CTNETLINK = 1
const IPCTNL_MSG_CT = { GET: 1, DELETE: 2 } as const
const CTA = { TUPLE_ORIG: 1, STATUS: 3, ID: 12, ZONE: 18 } as const
const CTA_TUPLE = { IP: 1, PROTO: 2 } as const
const CTA_IP = { 4: { SRC: 1, DST: 2 }, 6: { SRC: 3, DST: 4 } } as const
const CTA_PROTO = { NUM: 1, SRC_PORT: 2, DST_PORT: 3 } as const
const IPS_SEEN_REPLY = 2
const AF = { 4: 2, 6: 10 } as const
const NFGENMSG_OCTETS = 4
const NLA_F_NESTED = 0x8000
/** What names an entry to the kernel. The id tells it from a later flow with the same addresses and ports. */
const IDENTITY = [CTA.TUPLE_ORIG, CTA.ID, CTA.ZONE] as const

/** Opens the connection; the kernel checks CAP_NET_ADMIN at each call. */
export function openConntrack(): Conntrack {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer()

  function visit(family: Family, see: (flow: Flow, entry: Attributes) => void): void {
    writer.clear()
    begin(IPCTNL_MSG_CT.GET, NLM.DUMP, family, socket.nextSequence)
    writer.endMessage()
    socket.dump(writer.written(), 'list flows', ({ body }) => {
      const entry = attributesIn(body, NFGENMSG_OCTETS)
      const flow = readFlow(family, entry)
      if (flow !== undefined) see(flow, entry)
    })
  }

  function begin(type: number, flags: number, family: Family, sequence: number): void {
    writer.beginMessage((NFNL_SUBSYS_CTNETLINK << 8) | type, NLM.REQUEST | flags, sequence)
    writer.netfilterHeader(AF[family], 0)
  }

  function flows(family: Family): readonly Flow[] {
    const found: Flow[] = []
    visit(family, (flow) => found.push(flow))
    return found
  }

  function deleteFlows(family: Family, matches: (flow: Flow) => boolean): number {
    const doomed: Identity[] = []
    visit(family, (flow, entry) => {
      if (matches(flow)) doomed.push(identityOf(entry))
    })
    if (doomed.length > 0) send(family, doomed)
    return doomed.length
  }

  /** All in one send; the last message asks for the acknowledgement. */
  function send(family: Family, doomed: readonly Identity[]): void {
    writer.clear()
    doomed.forEach((identity, i) => {
      begin(IPCTNL_MSG_CT.DELETE, 0, family, socket.nextSequence + i)
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

type Identity = readonly (readonly [type: number, octets: Buffer])[]

/** A copy, because the dump's buffer is used again. */
function identityOf(entry: Attributes): Identity {
  return IDENTITY.flatMap((type) => {
    const octets = entry.get(type)
    return octets === undefined ? [] : [[type, Buffer.from(octets)] as const]
  })
}

/** Undefined for protocols without ports. */
function readFlow(family: Family, entry: Attributes): Flow | undefined {
  const tuple = attributesIn(entry.get(CTA.TUPLE_ORIG) ?? NOTHING)
  const addresses = attributesIn(tuple.get(CTA_TUPLE.IP) ?? NOTHING)
  const ports = attributesIn(tuple.get(CTA_TUPLE.PROTO) ?? NOTHING)
  const [source, destination] = [addresses.get(CTA_IP[family].SRC), addresses.get(CTA_IP[family].DST)]
  const [sourcePort, destinationPort] = [ports.get(CTA_PROTO.SRC_PORT), ports.get(CTA_PROTO.DST_PORT)]
  if (source === undefined || destination === undefined || sourcePort === undefined || destinationPort === undefined) return undefined
  return {
    family,
    source: decodeAddress(source, 0, family),
    destination: decodeAddress(destination, 0, family),
    protocol: ports.get(CTA_PROTO.NUM)![0]!,
    sourcePort: sourcePort.readUInt16BE(0),
    destinationPort: destinationPort.readUInt16BE(0),
    replied: ((entry.get(CTA.STATUS)?.readUInt32BE(0) ?? 0) & IPS_SEEN_REPLY) !== 0,
  }
}

const NOTHING = Buffer.alloc(0)
