// What clients reached or tried to reach, added up from what the kernel counted.

import type { Contacted, RuleRef } from '../journal/record.ts'

/** One client's contacts with one port of an address, either those that passed or those that were refused. */
export interface Flow {
  readonly client: string
  readonly address: string
  readonly ports: string
  readonly names: Set<string>
  first: number
  last: number
  verdict: Contacted['verdict']
  rules: readonly RuleRef[]
  connections: number
  packets: number
  octets: number
  /** The kernel's figures, when last written: they grow until it forgets the contact. */
  counted: Counts
}

export type Counts = Pick<Contacted, 'connections' | 'packets' | 'octets'>

const NO_COUNTS: Counts = { connections: 0, packets: 0, octets: 0 }
const COUNTS = ['connections', 'packets', 'octets'] as const

export function createFlow(client: string, { address, ports, verdict, rules }: Contacted, time: number): Flow {
  return { client, address, ports, names: new Set(), first: time, last: time, verdict, rules, ...NO_COUNTS, counted: NO_COUNTS }
}

/** @param isInTime whether the contact belongs to the time that is asked about, or only says where counting stood before it */
export function addContact(flow: Flow, contact: Contacted, time: number, isInTime: boolean): void {
  const isForgotten = contact.anew === true || contact.packets < flow.counted.packets
  const before = isForgotten ? NO_COUNTS : flow.counted
  const isNew = isForgotten || contact.packets > flow.counted.packets
  flow.counted = { connections: contact.connections, packets: contact.packets, octets: contact.octets }
  if (!isInTime) return
  if (flow.packets === 0) flow.first = time
  for (const key of COUNTS) flow[key] += Math.max(0, contact[key] - before[key])
  if (isNew) flow.last = time
  flow.verdict = contact.verdict
  flow.rules = contact.rules
  for (const name of contact.names) flow.names.add(name)
}
