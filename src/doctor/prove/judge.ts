// What arrived beyond the guard, and which of it policy explains. The client's word counts for nothing here.

import { questionsIn, type ReadQuestion } from './asked.ts'
import { type Packet, PROTOCOL, protocolName } from './frame.ts'
import {
  FAR,
  GATEWAY,
  type Kind,
  KNOCK_PORT,
  KNOCKING,
  markersIn,
  NEIGHBOUR_GATEWAY,
  numberAtPort,
  type Owner,
  ownersOf,
  type Pair,
  SAYING,
} from './plan.ts'

/** Packets of one kind that arrived. */
export interface Sighting {
  /** On the far side, at a port of the gateway itself, or at the neighbour. */
  readonly where: 'far side' | 'gateway' | 'neighbour'
  readonly protocol: string
  readonly source: string
  readonly destination: string
  /** The type for ICMP. */
  readonly destinationPort: number
  /** The question it carries to the upstream, as "name TYPE". */
  readonly question?: string
  /** The attack that it comes from; undefined if nothing tells. */
  readonly attack: number | undefined
  count: number
}

const HTTPS_PORT = 443
const DNS_PORT = 53
/** Router solicitation to redirect, and listener reports: a link has them whatever passes over it (RFC 4861, RFC 3810). */
const LINK_ICMPV6: readonly number[] = [130, 131, 132, 133, 134, 135, 136, 143]
const IGMP = 2
/** The destination port in the packet that an ICMP error quotes (RFC 792). */
const QUOTED_PORT_AT = 8 + 20 + 2
const UNREACHABLE: Readonly<Record<number, number>> = { [PROTOCOL.icmp]: 3, [PROTOCOL.icmp6]: 1 }
/** How the resolver finds out whether a silent upstream forwards to it (upstream/loop.ts), and whether the network translates (upstream/translator.ts). */
const OWN_QUESTION = /^(?:sallyport-loop-[0-9a-f]{32}\.example\.net A|ipv4only\.arpa AAAA)$/
const ALLOWED_QUESTION = /^sp[0-9a-f]+n\d{3}(?:\.[0-9a-z-]+)?\.(?:open|grey|barred|shared|theirs)\.example (?:A|AAAA|CNAME)$/

export interface Wire {
  /** What the gateway sends out, or what reaches another sandbox. */
  readonly where: 'far side' | 'neighbour'
  /** The addresses of the sandbox: what comes from any other was forged. */
  readonly sandbox: Pair
  /** Who may ask the upstream for allowed names: the gateway, or without a guard the sandbox itself. */
  readonly resolver: Pair
}

/** Judges the frames of one wire. */
export function createJudge({ where, sandbox, resolver }: Wire, token: string, readQuestion: ReadQuestion) {
  const owners = ownersOf(token)
  const seen = new Map<string, Sighting>()

  function see(packet: Packet): void {
    const owner = owners.get(packet.destination)
    const markers = markersIn(packet.content, token)
    if (isLinkMatter(packet) || isRefusal(packet)) return
    const attack = attackBehind(packet, owner, markers)
    if (where === 'neighbour' ? isAnswer(packet) : isExplained(packet, owner, markers, attack)) return
    note(packet, attack)
  }

  function isExplained(packet: Packet, owner: Owner | undefined, markers: readonly number[], attack: number | undefined): boolean {
    if (owner === undefined) return isOfResolver(packet, resolver, markers, () => questionIn(packet).question)
    const isHonest = packet.source === sandbox[packet.family] && !packet.routed
    return isHonest && attack === owner.number && isOpened(packet, owner.kind, markers)
  }

  function note(packet: Packet, attack: number | undefined): void {
    const question = questionIn(packet)
    const { source, destination, destinationPort } = packet
    const sighting = { where, protocol: protocolName(packet.protocol), source, destination, destinationPort, ...question, attack, count: 0 }
    const key = JSON.stringify(sighting)
    if (!seen.has(key)) seen.set(key, sighting)
    seen.get(key)!.count++
  }

  function questionIn(packet: Packet): { readonly question?: string } {
    const questions = packet.destinationPort === DNS_PORT ? questionsIn(packet, readQuestion) : []
    return questions.length === 0 ? {} : { question: questions.join(', ') }
  }

  return { see, sightings: (): readonly Sighting[] => [...seen.values()] }
}

/** A payload and a name carry the marker, a connection its source port; nobody else has the destination. */
function attackBehind({ sourcePort }: Packet, owner: Owner | undefined, markers: readonly number[]): number | undefined {
  return markers[0] ?? numberAtPort(sourcePort) ?? owner?.number
}

function isLinkMatter({ protocol, destination, sourcePort }: Packet): boolean {
  return (protocol === PROTOCOL.icmp6 && LINK_ICMPV6.includes(sourcePort)) || (protocol === IGMP && destination.startsWith('224.'))
}

/** What whoever begins a flow from outside is told by the gateway: it carries nothing of the sandbox. */
function isRefusal({ resets, payload, destinationPort, source, family, protocol, sourcePort, content }: Packet): boolean {
  if (resets) return payload.length === 0 && destinationPort === KNOCK_PORT
  return source === GATEWAY[family] && UNREACHABLE[protocol] === sourcePort && content.includes(KNOCKING)
}

/** What the neighbour's own questions get: answers, or while the resolver starts the word of the kernel that nobody listens. */
function isAnswer({ source, protocol, sourcePort, content }: Packet): boolean {
  if (source !== NEIGHBOUR_GATEWAY[4]) return false
  const isUnheard = protocol === PROTOCOL.icmp && sourcePort === 3 && content.readUInt16BE(QUOTED_PORT_AT) === DNS_PORT
  return sourcePort === DNS_PORT || isUnheard
}

function isOfResolver(packet: Packet, resolver: Pair, markers: readonly number[], readQuestion: () => string | undefined): boolean {
  const { source, destination, family, protocol, sourcePort, destinationPort } = packet
  // The gateway itself turns down late answers of its upstream.
  if (source === GATEWAY[family] && UNREACHABLE[protocol] === sourcePort) return true
  const isToUpstream = source === resolver[family] && destination === FAR[family] && destinationPort === DNS_PORT
  if (!isToUpstream || packet.payload.includes(SAYING)) return false
  const question = readQuestion()
  if (question === undefined) return markers.length === 0 && protocol === PROTOCOL.tcp
  return ALLOWED_QUESTION.test(question) || OWN_QUESTION.test(question)
}

function isOpened({ protocol, destinationPort }: Packet, kind: Kind, markers: readonly number[]): boolean {
  if (protocol !== PROTOCOL.tcp || destinationPort !== HTTPS_PORT) return false
  return kind === 'open' || (kind === 'grey' && markers.length === 0)
}
