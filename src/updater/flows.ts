// Revocation reaches established flows: an element that is gone stops nothing that conntrack has accepted already.

import type { Flow } from '../linux/conntrack.ts'
import { type Address, addressValue, type Family } from '../net/address.ts'
import { type Access, ANY_PORTS, coversPort, type PortRange } from '../net/port.ts'
import { decideAddress } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { auditedClients, staticSegments } from '../policy/static.ts'
import type { Specify } from './judge.ts'
import type { ElementSpec } from './lease.ts'
import type { RulesInForce } from './rulebook.ts'
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
  /** By destination. */
  readonly specs: ReadonlyMap<Address, readonly ElementSpec[]>
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

/** Had that let the flow through? */
export function wasOpen({ specs, passages }: Closed, flow: Flow): boolean {
  return (specs.get(flow.destination) ?? []).some((spec) => admits(spec, flow)) || passages.some((passage) => passes(passage, flow))
}

/** Does the policy let it through without any name? `passages` are its own. */
export function passesUnnamed(policy: Policy, passages: readonly Passage[], flow: Flow, wall: number): boolean {
  return passages.some((passage) => passage.destination === undefined && passes(passage, flow)) || isStatic(policy, flow, wall)
}

/** Elements that would let the flow through, if they were there. */
export function elementsFor({ policy, ranges }: RulesInForce, specify: Specify, flow: Flow): readonly ElementSpec[] {
  const protocol = protocolNumbered(flow.protocol)
  if (protocol === undefined) return []
  const single = { protocol, first: flow.destinationPort, last: flow.destinationPort }
  const ports = [single, ANY_PORTS, ...ranges.filter((range) => coversFlow([range], flow))]
  return (specify(policy.clientAt(flow.source), flow.destination, ports) ?? []).filter((spec) => admits(spec, flow))
}

function admits({ lease }: ElementSpec, flow: Flow): boolean {
  return (lease.client === undefined || lease.client === flow.source) && coversFlow([lease.ports], flow)
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
