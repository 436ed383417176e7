// What several attacks do alike, each under circumstances of its own. What one attack does alone stands in its file.
import type { Attack } from './attack.ts'
import { PROTOCOL } from './frame.ts'
import {
  type Ends,
  EXTENSION,
  fragmentsOf,
  icmpPacket,
  ip,
  optionHeader,
  TCP_FLAG,
  TO_BE_COMPLAINED_OF,
  tcp,
  tcpPacket,
  udp,
  udpPacket,
} from './packet.ts'

type Move = Attack['run']
type Family = 4 | 6

const HTTPS_PORT = 443
/** ICMP types of RFC 792 and RFC 4443. */
const UNREACHABLE = { 4: 3, 6: 1 } as const
const DNS_PORT = 53
/** So that many attempts fall into what happens. */
const ATTEMPT_MS = 20
/** Of a client that begins more than 1,000 DNS flows a second some are turned away, and who asks there waits. */
const ASKING_MS = 2
const FRAGMENT_OCTETS = 1_200
const FRAGMENTED_OCTETS = 2_000
/** Three attempts in the gateways of these runs. */
const ADDRESS_RESOLUTION_MS = 500
/** What the gateways of these runs wait for fragments, and a little. */
const REASSEMBLY_MS = 1_200

/** Until it has happened, connects to what no answer opened. */
export function keepConnecting(family: Family): Move {
  return ({ storm, tcp, closed, disturbed }) => storm(() => tcp(closed[family], HTTPS_PORT, { timeoutMs: ATTEMPT_MS }), disturbed())
}

/** Until it has happened, asks for a denied name: a server of its own, or the upstream over IPv6. */
export function keepAsking(whom: 'own' | 'upstream'): Move {
  return ({ storm, udp: send, closed, upstream, question, name, disturbed }) =>
    storm(() => send(whom === 'own' ? closed[4] : upstream[6], DNS_PORT, question(name('denied'))), disturbed())
}

/** Until it has happened, sends to the gateway itself. */
export const keepCallingTheGateway: Move = ({ storm, udp: send, gateway, disturbed }) => storm(() => send(gateway[4], 8080), disturbed())

/** Until it has happened, begins connections as the neighbour. */
export const keepForging: Move = ({ storm, frame, neighbour, closed, sourcePort, disturbed }) => {
  const ends = { source: neighbour[4], destination: closed[4], sourcePort, destinationPort: HTTPS_PORT }
  return storm(() => frame(tcpPacket(ends, TCP_FLAG.syn)), disturbed())
}

/** Until it has happened, sends as an address outside, so that whoever refuses tells that address. */
export function keepReflecting(family: Family): Move {
  return ({ storm, frame, closed, open, sourcePort, payload, disturbed }) => {
    const ends = { source: closed[family], destination: open[family], sourcePort, destinationPort: HTTPS_PORT }
    return storm(() => frame(udpPacket(ends, payload)), disturbed())
  }
}

/** Until it has happened, sends what the gateway's kernel complains of before any hook, each time as another stranger: it tells each one a second. */
export const keepBeingComplainedOf: Move = ({ storm, frame, number, open, sourcePort, payload, disturbed }) => {
  const extensions = [optionHeader(EXTENSION.hopByHop, payload, TO_BE_COMPLAINED_OF)]
  let stranger = 0
  return storm(() => {
    const source = `2001:db8:4:${number.toString(16)}::${(++stranger).toString(16)}`
    frame(udpPacket({ source, destination: open[6], sourcePort, destinationPort: HTTPS_PORT }, payload, { extensions }))
  }, disturbed())
}

/** Until it has happened, asks for a name that is allowed no more then; connects after that. */
export function keepAskingFor(zone: 'grey' | 'barred', family: Family): Move {
  return async ({ storm, ask, name, tcp, grey, pause, disturbed }) => {
    await storm(async () => {
      await ask(name(zone), family === 4 ? 'A' : 'AAAA')
      await pause(ASKING_MS)
    }, disturbed())
    await tcp(grey[family], HTTPS_PORT)
  }
}

/** Begins a connection that the resolver accepts, as an address that nobody has, and ends it once the gateway knows that. */
export function leaveTheHandshake(source: string, family: Family): Move {
  return async ({ frame, closed, sourcePort, pause }) => {
    const ends = { source, destination: closed[family], sourcePort, destinationPort: DNS_PORT }
    frame(tcpPacket(ends, TCP_FLAG.syn))
    await pause(ADDRESS_RESOLUTION_MS)
    // Else the resolver's kernel repeats its part for a minute, and so while others have the table taken away.
    frame(ip({ ...ends, protocol: PROTOCOL.tcp }, tcp(ends, TCP_FLAG.rst, undefined, 2)))
  }
}

/** Begins such connections one after another, so that the gateway gives up on one while it happens. */
export function shakeHandsBefore(sources: readonly string[], family: Family): Move {
  return async ({ frame, closed, sourcePort, pause, disturbed }) => {
    for (const source of sources) {
      frame(tcpPacket({ source, destination: closed[family], sourcePort, destinationPort: DNS_PORT }, TCP_FLAG.syn))
      await pause(ADDRESS_RESOLUTION_MS / 10)
    }
    await disturbed()
  }
}

/** Begins a connection that is allowed, and talks on when it is not any more; `opening` is said before that. */
export function goOnTalking(zone: 'grey' | 'barred', family: Family, opening?: string): Move {
  return async ({ begin, disturbed, payload, pause }) => {
    const connection = await begin(zone, family)
    if (opening !== undefined) connection.send(Buffer.from(opening))
    await disturbed()
    connection.send(payload)
    await pause(50)
    connection.close()
  }
}

/** To an address that is open for TCP. */
export function sendEveryProtocol(family: Family): Move {
  return async ({ ask, name, packet, own, open, payload }) => {
    await ask(name('open'), family === 4 ? 'A' : 'AAAA')
    const known: readonly number[] = Object.values(PROTOCOL)
    const numbers = Array.from({ length: 256 }, (_, number) => number).filter((number) => !known.includes(number))
    for (const protocol of numbers) packet(ip({ source: own[family], destination: open[family], protocol }, payload))
  }
}

/** An error about a connection that is allowed, to an address that has no part in it. */
export function tellAStranger(family: Family): Move {
  return async ({ begin, packet, own, open, closed, sourcePort, payload }) => {
    const connection = await begin('open', family)
    const ends: Ends = { source: open[family], destination: own[family], sourcePort: HTTPS_PORT, destinationPort: sourcePort }
    const quote = Buffer.concat([new Uint8Array(4), tcpPacket(ends, TCP_FLAG.ack, payload)])
    packet(icmpPacket({ source: own[family], destination: closed[family] }, UNREACHABLE[family], 1, quote))
    connection.close()
  }
}

/** The first fragment of a datagram to the gateway itself, as a stranger: it waits for the rest. */
export function leaveIncomplete(family: Family): Move {
  return async ({ frame, closed, gateway, sourcePort, payload, number, pause }) => {
    const ends: Ends = { source: closed[family], destination: gateway[family], sourcePort, destinationPort: HTTPS_PORT }
    const [first] = fragmentsOf(
      { ...ends, protocol: PROTOCOL.udp },
      udp(ends, Buffer.alloc(FRAGMENTED_OCTETS, payload)),
      FRAGMENT_OCTETS,
      number,
    )
    frame(first!)
    await pause(REASSEMBLY_MS)
  }
}

/** A datagram to a closed address, or once that is open to an opened one, as fragments from the `first` on. */
export function sendInFragments(family: Family, to: 'closed' | 'open', destinationPort: number, first = 0): Move {
  return async ({ packet, own, sourcePort, payload, number, ask, name, ...share }) => {
    if (to === 'open') await ask(name('open'), family === 4 ? 'A' : 'AAAA')
    const ends: Ends = { source: own[family], destination: share[to][family], sourcePort, destinationPort }
    const datagram = udp(ends, Buffer.concat([payload, Buffer.alloc(FRAGMENTED_OCTETS, payload)]))
    for (const each of fragmentsOf({ ...ends, protocol: PROTOCOL.udp }, datagram, FRAGMENT_OCTETS, number).slice(first)) packet(each)
  }
}
