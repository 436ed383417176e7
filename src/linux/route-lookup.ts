// Which way packets to an address take, asked of the kernel over rtnetlink (rtnetlink(7)): RTM_GETROUTE without a dump.
import { type Address, encodeAddress, familyOf } from '../net/address.ts'
import { NetlinkError } from './error.ts'
import { interfaceNameOf } from './interface-name.ts'
import { attributesIn, u32Host } from './netlink/reader.ts'
import { NETLINK, NetlinkSocket, NLM } from './netlink/socket.ts'
import { Writer } from './netlink/writer.ts'

export interface RouteLookup {
  /** The interface by which packets to the address leave: "lo" for this host's own addresses, undefined where there is no way. */
  interfaceTo(address: Address): string | undefined
  close(): void
}

const RTM_GETROUTE = 26
const RTA = { DST: 1, OIF: 4 } as const
const AF = { 4: 2, 6: 10 } as const
/** struct rtmsg */
const HEADER_OCTETS = 12

/** Needs no privilege. */
export function openRouteLookup(): RouteLookup {
  const socket = new NetlinkSocket(NETLINK.ROUTE)
  const writer = new Writer(256)

  function writeQuestion(address: Address): void {
    const octets = encodeAddress(address)
    writer.clear()
    writer.beginMessage(RTM_GETROUTE, NLM.REQUEST, socket.nextSequence)
    writer.raw([AF[familyOf(address)], octets.length * 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    writer.octets(RTA.DST, octets)
    writer.endMessage()
  }

  function interfaceTo(address: Address): string | undefined {
    let name: string | undefined
    writeQuestion(address)
    try {
      socket.dump(writer.written(), `look up the route to ${address}`, ({ body }) => {
        const index = attributesIn(body, HEADER_OCTETS).get(RTA.OIF)
        if (index !== undefined) name = interfaceNameOf(u32Host(index, 0))
      })
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error // ENETUNREACH, EHOSTUNREACH, EACCES: a route that says no
    }
    return name
  }

  return { interfaceTo, close: () => socket.close() }
}
