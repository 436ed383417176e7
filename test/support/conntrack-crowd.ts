// Many flows at once, as connection tracking would have them after so many connections: made over ctnetlink, which takes a second where connecting takes minutes.
import { AF, CTA } from '../../src/linux/conntrack-entry.ts'
import { NETLINK, NetlinkSocket, NLM } from '../../src/linux/netlink/socket.ts'
import { Writer } from '../../src/linux/netlink/writer.ts'
import { encodeAddress, familyOf, parseAddress } from '../../src/net/address.ts'

/** Attributes of include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
const CT_NEW = 0x0100
const NESTED = 0x8000
const IP = 1
const PROTO = 2
const PROTO_NUM = 1
const SOURCE_PORT = 2
const DESTINATION_PORT = 3
const UDP = 17
/** IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED */
const STATUS = 2 | 4 | 8
const TIMEOUT_SECONDS = 600
const AT_A_TIME = 1_000

export interface CrowdFlow {
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
}

/** Adds UDP flows to connection tracking in this thread's namespace. */
export function addFlows(flows: Iterable<CrowdFlow>, mark: number): void {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const writer = new Writer()
  let count = 0
  const flush = (): void => {
    if (count === 0) return
    writer.addFlags(NLM.ACK)
    const { refusal } = socket.request(writer.written(), count)
    if (refusal !== undefined) throw new Error(`cannot add a flow: errno ${refusal.errno}`)
    writer.clear()
    count = 0
  }
  for (const flow of flows) {
    writeFlow(writer, flow, mark, socket.nextSequence + count++)
    if (count === AT_A_TIME) flush()
  }
  flush()
  socket.close()
}

function writeFlow(writer: Writer, { source, destination, sourcePort, destinationPort }: CrowdFlow, mark: number, sequence: number): void {
  const [from, to] = [parseAddress(source)!, parseAddress(destination)!]
  const family = familyOf(from)
  writer.beginMessage(CT_NEW, NLM.REQUEST | NLM.CREATE | NLM.EXCL, sequence)
  writer.netfilterHeader(AF[family], 0)
  const tuple = (type: number, one: Uint8Array, other: Uint8Array, onePort: number, otherPort: number): void => {
    const nest = writer.beginNest(type | NESTED)
    const addresses = writer.beginNest(IP | NESTED)
    const first = family === 4 ? 1 : 3
    writer.octets(first, one)
    writer.octets(first + 1, other)
    writer.endNest(addresses)
    const ports = writer.beginNest(PROTO | NESTED)
    writer.u8(PROTO_NUM, UDP)
    writer.u16(SOURCE_PORT, onePort)
    writer.u16(DESTINATION_PORT, otherPort)
    writer.endNest(ports)
    writer.endNest(nest)
  }
  tuple(CTA.TUPLE_ORIG, encodeAddress(from), encodeAddress(to), sourcePort, destinationPort)
  tuple(CTA.TUPLE_REPLY, encodeAddress(to), encodeAddress(from), destinationPort, sourcePort)
  writer.u32(CTA.STATUS, STATUS)
  writer.u32(CTA.TIMEOUT, TIMEOUT_SECONDS)
  writer.u32(CTA.MARK, mark)
  writer.endMessage()
}

/** So many flows of sandboxes to as many destinations as that needs: 10.80.0.0/16 to 198.18.0.0/16. */
export function* crowd(count: number): Generator<CrowdFlow> {
  for (let i = 0; i < count; i++) {
    yield {
      source: `10.80.${(i >> 8) & 255}.${i & 255}`,
      destination: `198.18.${(i >> 4) & 255}.${(i * 7) & 255}`,
      sourcePort: 1024 + (i % 60_000),
      destinationPort: 443,
    }
  }
}
