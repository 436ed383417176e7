// Which destinations are in use: those of flows that have carried packets in both directions since the last look.
// Packets that nobody answers are no use, or a sandbox could keep an address open by itself.

import type { FlowDump } from '../linux/conntrack.ts'
import { CTA, hasReply, idOf, packetsOf, readFlow, timeoutOf } from '../linux/conntrack-entry.ts'
import type { Address } from '../net/address.ts'
import { coversPort, type PortRange } from '../net/port.ts'
import { isSinglePort, type LeaseKey, PROTOCOL_NUMBER, protocolNumbered } from './ruleset/key.ts'
import type { Volumes } from './volumes.ts'

export interface FlowWatch {
  /** Begins a look. Throws NetlinkError. */
  begin(): void
  /** Reads a slice of it, for about a millisecond. False: it is complete, and `uses` and `destinations` tell what was seen. Throws NetlinkError. */
  read(): boolean
  /** Does a flow in use pass by that lease? */
  uses(lease: LeaseKey): boolean
  /** Of all flows, idle ones too. */
  readonly destinations: ReadonlySet<Address>
  /** How many flows each source has. */
  readonly sources: ReadonlyMap<Address, number>
  close(): void
}

const SLICE_MS = 1
const PORTS = 65_536
/** Both counts in one number: a flow that carries this many packets between two looks is not mistaken for an idle one but once in as many. */
const MOST_PACKETS = 2 ** 26
/** Timeouts are whole seconds, rounded down. */
const ROUNDING_SECONDS = 2

/** `byClient`: leases name the client. `volumes` are counted by the way. */
export function createFlowWatch(dump: FlowDump, byClient: boolean, now: () => number, volumes?: Volumes): FlowWatch {
  let before = new Map<number, number>()
  let seen = new Map<number, number>()
  /** Protocol and port in one number, by the destination or by client and destination. */
  let used = new Map<string, Set<number>>()
  let destinations = new Set<Address>()
  let sources = new Map<Address, number>()

  function begin(): void {
    before = seen
    seen = new Map()
    used = new Map()
    destinations = new Set()
    sources = new Map()
    volumes?.begin()
    dump.start()
  }

  function read(): boolean {
    const end = performance.now() + SLICE_MS
    do {
      if (dump.read(see)) continue
      volumes?.end()
      return false
    } while (performance.now() < end)
    return true
  }

  function see(entry: Buffer): void {
    const id = idOf(entry)
    const sign = signOfLife(entry, now())
    const flow = readFlow(entry)
    seen.set(id, sign)
    if (flow === undefined) return
    volumes?.see(entry, flow)
    destinations.add(flow.destination)
    sources.set(flow.source, (sources.get(flow.source) ?? 0) + 1)
    if (!isAlive(before.get(id), sign)) return
    const key = keyOf(byClient ? flow.source : undefined, flow.destination)
    const ports = used.get(key) ?? new Set()
    used.set(key, ports.add(portNumber(flow.protocol, flow.destinationPort)))
  }

  function uses({ client, destination, ports }: LeaseKey): boolean {
    const inUse = used.get(keyOf(byClient ? client : undefined, destination))
    if (inUse === undefined || ports.protocol === 'icmp') return false
    if (ports.protocol !== 'any' && isSinglePort(ports)) return inUse.has(portNumber(PROTOCOL_NUMBER[ports.protocol], ports.first))
    return inUse.values().some((number) => coversNumber(ports, number))
  }

  return {
    begin,
    read,
    uses,
    get destinations() {
      return destinations
    },
    get sources() {
      return sources
    },
    close: () => dump.close(),
  }
}

function keyOf(client: Address | undefined, destination: Address): string {
  return client === undefined ? destination : `${client} ${destination}`
}

/** Packets sent and answered; where the kernel counts none, the moment (s) at which the entry ends, below zero. 0: nothing has come back. */
function signOfLife(entry: Buffer, now: number): number {
  const [sent, answered] = [packetsOf(entry, CTA.COUNTERS_ORIG), packetsOf(entry, CTA.COUNTERS_REPLY)]
  if (sent >= 0 && answered > 0) return (sent % MOST_PACKETS) * MOST_PACKETS + (answered % MOST_PACKETS)
  return sent < 0 && hasReply(entry) ? -(Math.floor(now / 1000) + timeoutOf(entry)) : 0
}

function isAlive(before: number | undefined, sign: number): boolean {
  if (before === undefined || before === 0) return sign !== 0
  if (sign < 0) return before - sign > ROUNDING_SECONDS
  const [sent, answered] = [Math.floor(sign / MOST_PACKETS), sign % MOST_PACKETS]
  return sent !== Math.floor(before / MOST_PACKETS) && answered !== before % MOST_PACKETS
}

function portNumber(protocol: number, port: number): number {
  return protocol * PORTS + port
}

function coversNumber(ports: PortRange, number: number): boolean {
  const protocol = protocolNumbered(Math.floor(number / PORTS))
  return protocol !== undefined && coversPort([ports], protocol, number % PORTS)
}
