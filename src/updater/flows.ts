// Revocation reaches established flows: an element that is gone stops nothing that conntrack has accepted already.

import type { Conntrack, Flow } from '../linux/conntrack.ts'
import { type Address, addressValue, type Family } from '../net/address.ts'
import { type Access, ANY_PORTS, coversPort, type PortRange } from '../net/port.ts'
import { decideAddress } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { auditedClients, staticSegments } from '../policy/static.ts'
import type { ElementSpec } from './lease.ts'
import { protocolNumbered } from './ruleset/key.ts'

interface Range {
  readonly first: bigint
  readonly last: bigint
}

/** What passes without any name: static entries, and whatever a client in audit mode does. */
export interface Passage {
  readonly family: Family
  readonly client: Range
  /** Undefined: anywhere. */
  readonly destination: Range | undefined
  readonly ports: PortRange
}

/** What no longer passes. */
export interface Closed {
  readonly specs: readonly ElementSpec[]
  readonly passages: readonly Passage[]
}

export function passagesOf(policy: Policy, wall: number): readonly Passage[] {
  const audited = auditedClients(policy).map(({ family, first, last }) => {
    return { family, client: { first, last }, destination: undefined, ports: ANY_PORTS }
  })
  return [...staticSegments(policy, wall), ...audited]
}

/** Those of `before` that are not in `after`. */
export function vanishedPassages(before: readonly Passage[], after: readonly Passage[]): readonly Passage[] {
  const kept = new Set(after.map(passageText))
  return before.filter((passage) => !kept.has(passageText(passage)))
}

/** Ends the flows that `closed` had let through, unless `open` or the policy of now let them through as well. Returns how many. */
export function endFlows(conntrack: Conntrack, closed: Closed, open: Iterable<ElementSpec>, policy: Policy, wall: number): number {
  if (closed.specs.length === 0 && closed.passages.length === 0) return 0
  const gone = Map.groupBy(closed.specs, destinationOf)
  // Of what is open, a quarter of a million at times, only what leads to the same place can hold a flow of what has been closed.
  const matters = closed.passages.length > 0 ? () => true : (spec: ElementSpec) => gone.has(destinationOf(spec))
  const held = Map.groupBy(Iterator.from(open).filter(matters), destinationOf)
  const passages = passagesOf(policy, wall)
  const isEnded = (flow: Flow): boolean =>
    (opens(gone, flow) || closed.passages.some((passage) => passes(passage, flow))) &&
    !opens(held, flow) &&
    !passages.some((passage) => passage.destination === undefined && passes(passage, flow)) &&
    !isStatic(policy, flow, wall)
  return conntrack.deleteFlows(4, isEnded) + conntrack.deleteFlows(6, isEnded)
}

function destinationOf({ lease }: ElementSpec): Address {
  return lease.destination
}

function opens(specs: ReadonlyMap<Address, readonly ElementSpec[]>, flow: Flow): boolean {
  const candidates = specs.get(flow.destination) ?? []
  return candidates.some(({ lease }) => {
    return (lease.client === undefined || lease.client === flow.source) && coversFlow([lease.ports], flow)
  })
}

function isStatic(policy: Policy, flow: Flow, wall: number): boolean {
  const verdict = decideAddress(policy.clientAt(flow.source).view, flow.destination, wall)
  return verdict.kind === 'allow' && coversFlow(verdict.ports, flow)
}

function passes({ family, client, destination, ports }: Passage, flow: Flow): boolean {
  if (family !== flow.family || !contains(client, flow.source) || !coversFlow([ports], flow)) return false
  return destination === undefined || contains(destination, flow.destination)
}

function coversFlow(ports: readonly Access[], { protocol, destinationPort }: Flow): boolean {
  const name = protocolNumbered(protocol)
  return name !== undefined && coversPort(ports, name, destinationPort)
}

function contains({ first, last }: Range, address: Address): boolean {
  const value = addressValue(address)
  return first <= value && value <= last
}

function passageText({ family, client, destination, ports }: Passage): string {
  return [family, client.first, client.last, destination?.first, destination?.last, ports.protocol, ports.first, ports.last].join(' ')
}
