// What clients reached or tried to reach, added up from what the kernel counted.

import type { Contacted, RuleRef } from '../journal/record.ts'

/** One client's contacts with one port of an address, either those that passed or those that were refused. */
export interface Flow {
  readonly client: string
  readonly address: string
  readonly ports: string
  readonly names: Set<string>
  /** Numbers of the runs in which something passed, or was refused. */
  readonly runs: Set<number>
  first: number
  last: number
  verdict: Contacted['verdict']
  rules: readonly RuleRef[]
  connections: number
  /** Null: unknown, because the kernel does not count them. */
  packets: number | null
  octets: number | null
  /** As last written: each grows until its counting begins anew. */
  counted: Counts
}

export type Counts = Pick<Contacted, 'connections' | 'packets' | 'octets'>

const NO_COUNTS: Counts = { connections: 0, packets: 0, octets: 0 }
const COUNTS = ['connections', 'packets', 'octets'] as const

export function createFlow(client: string, { address, ports, verdict, rules, packets }: Contacted, time: number): Flow {
  const volume = packets === null ? null : 0
  const counts = { connections: 0, packets: volume, octets: volume, counted: NO_COUNTS }
  return { client, address, ports, names: new Set(), runs: new Set(), first: time, last: time, verdict, rules, ...counts }
}

export interface ContactMoment {
  readonly time: number
  readonly run: number
  /** Whether it belongs to the time that is asked about, or only says where counting stood before it. */
  readonly isInTime: boolean
}

export function addContact(flow: Flow, contact: Contacted, { time, run, isInTime }: ContactMoment): void {
  const before = contact.anew === true ? NO_COUNTS : flow.counted
  flow.counted = { connections: contact.connections, packets: contact.packets, octets: contact.octets }
  if (!isInTime) return
  let hasGrown = false
  for (const key of COUNTS) {
    const now = contact[key]
    if (now === null) continue
    // Rules and connection tracking forget apart from each other.
    const growth = now >= (before[key] ?? 0) ? now - (before[key] ?? 0) : now
    flow[key] = (flow[key] ?? 0) + growth
    hasGrown ||= growth > 0
  }
  if (hasGrown) {
    if (flow.runs.size === 0) flow.first = time
    flow.runs.add(run)
    flow.last = time
  }
  flow.verdict = contact.verdict
  flow.rules = contact.rules
  for (const name of contact.names) flow.names.add(name)
}
