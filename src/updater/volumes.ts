// What flows have carried, by client, destination and port. Connection tracking counts each flow by itself, so no rule of ours
// touches the packets of a flow that goes on: its counters are read at each look at all flows, and once more when it ends.

import { CTA, type Flow, idOf, octetsOf, packetsOf, readFlow } from '../linux/conntrack-entry.ts'
import type { EndedFlows } from '../linux/ended-flows.ts'
import type { Address } from '../net/address.ts'
import type { Protocol } from '../net/port.ts'
import { PROTOCOL_NUMBER, protocolNumbered } from './ruleset/key.ts'
import type { RecordKey } from './ruleset/record.ts'
import { RECORD_TIMEOUT_MS } from './ruleset/sets.ts'

/** Of all flows of a client to a port of an address, in both directions, since the updater began. */
export interface Volume {
  /** Undefined where one namespace is the one client. */
  readonly client: Address | undefined
  readonly destination: Address
  readonly protocol: Protocol
  readonly port: number
  packets: number
  octets: number
  grewAt: number
}

export interface Volumes {
  /** A look at all flows begins. The first one finds where counting begins: an earlier updater has counted what was before. */
  begin(): void
  /** In place of the first look, where no flow is older than this updater's rules: all of each is counted. */
  countAll(): void
  /** Each entry that the look finds. */
  see(entry: Buffer, flow: Flow): void
  /** The look is complete. Throws SystemError. */
  end(): void
  /** Takes in what has ended since; to be called often. Throws SystemError. */
  poll(): void
  all(): Iterable<Volume>
  /** These begin at nothing. */
  forget(keys: readonly RecordKey[]): void
  close(): void
}

export interface VolumeOptions {
  readonly ended: EndedFlows
  /** Volumes name the client. */
  readonly byClient: boolean
  /** So many are told apart; what passes beside them is not counted. */
  readonly most: number
  readonly now: () => number
  /** Flows have ended unseen: what they carried after the last look is in no figure. */
  onMissed(): void
}

/** What has been counted of a flow, and the last look that found it. */
interface Counted {
  packets: number
  octets: number
  look: number
}

const PORTS = 65_536

export function createVolumes({ ended, byClient, most, now, onMissed }: VolumeOptions): Volumes {
  const volumes = new Map<string, Volume>()
  const flows = new Map<number, Counted>()
  let look = 0
  let isLooking = false
  let isFirst = true
  /** Of `flows`, those that the latest look has found. */
  let found = 0

  function begin(): void {
    look++
    found = 0
    isLooking = true
  }

  function countAll(): void {
    isFirst = false
  }

  function see(entry: Buffer, flow: Flow): void {
    const counted = count(entry, flow)
    if (counted === undefined || counted.look === look) return
    counted.look = look
    found++
  }

  function end(): void {
    isLooking = false
    poll()
    isFirst = false
    // Flows whose end was missed, or began while nobody listened for ends.
    if (flows.size > found) for (const [key, counted] of flows) if (counted.look !== look) flows.delete(key)
    for (const [key, { grewAt }] of volumes) if (grewAt < now() - RECORD_TIMEOUT_MS) volumes.delete(key)
  }

  /** Not while a look is under way: it may still show a flow that has ended meanwhile, which would count twice. */
  function poll(): void {
    if (!isLooking && !ended.poll(seeEnd)) onMissed()
  }

  function seeEnd(entry: Buffer): void {
    const flow = readFlow(entry)
    if (flow === undefined) return
    if (count(entry, flow)?.look === look) found--
    flows.delete(keyOfEntry(entry, flow))
  }

  /** Adds what the flow has carried since it was last counted. Undefined: the kernel does not count it. */
  function count(entry: Buffer, flow: Flow): Counted | undefined {
    const [sent, answered] = [packetsOf(entry, CTA.COUNTERS_ORIG), packetsOf(entry, CTA.COUNTERS_REPLY)]
    if (sent < 0 || answered < 0) return undefined
    const packets = sent + answered
    const octets = octetsOf(entry, CTA.COUNTERS_ORIG) + octetsOf(entry, CTA.COUNTERS_REPLY)
    const key = keyOfEntry(entry, flow)
    const known = flows.get(key)
    // Whoever counts less than before is another flow, whose predecessor ended unseen.
    const counted = known !== undefined && known.packets <= packets ? known : { packets: 0, octets: 0, look: 0 }
    if (!isFirst && counted.packets < packets) grow(flow, packets - counted.packets, octets - counted.octets)
    counted.packets = packets
    counted.octets = octets
    flows.set(key, counted)
    return counted
  }

  function grow(flow: Flow, packets: number, octets: number): void {
    const volume = volumeOf(flow)
    if (volume === undefined) return
    volume.packets += packets
    volume.octets += octets
    volume.grewAt = now()
  }

  function volumeOf({ source, destination, protocol, destinationPort: port }: Flow): Volume | undefined {
    const name = protocolNumbered(protocol)
    if (name === undefined) return undefined
    const client = byClient ? source : undefined
    const key = `${client} ${destination} ${protocol} ${port}`
    const known = volumes.get(key)
    if (known !== undefined || volumes.size >= most) return known
    const volume = { client, destination, protocol: name, port, packets: 0, octets: 0, grewAt: 0 }
    volumes.set(key, volume)
    return volume
  }

  function forget(keys: readonly RecordKey[]): void {
    for (const { client, destination, protocol, port } of keys)
      volumes.delete(`${client} ${destination} ${PROTOCOL_NUMBER[protocol]} ${port}`)
  }

  return { begin, countAll, see, end, poll, forget, all: () => volumes.values(), close: () => ended.close() }
}

/** Two entries of a quarter of a million may share an id of 32 bits; with the source port beside it, hardly ever. */
function keyOfEntry(entry: Buffer, { sourcePort }: Flow): number {
  return idOf(entry) * PORTS + sourcePort
}
