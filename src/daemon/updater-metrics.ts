// The updater's figures, which come over the socket of leases, as metrics.

import type { ClientTotal } from '../journal/contacts.ts'
import { type Figures, REFUSAL_REASONS } from '../leases/protocol.ts'
import { LEASES_OF } from '../updater/figures.ts'
import { counter, type Family, gauge, histogram, type Sample } from './family.ts'
import { CONTACTED_BY, clientTotalOf } from './part-figures.ts'

const GAUGES: readonly (readonly [name: string, key: string, help: string])[] = [
  ['leases', 'leases', 'Names that are open at an address for a client.'],
  ['leases_limit', 'mostLeases', 'The most that may be open at once, and the most elements of one set.'],
  ['elements', 'elements', 'Elements of nftables sets that they hold.'],
  ['fullest_set_elements', 'fullestSet', 'Elements of that set which has most.'],
  ['listed_contacts_limit', 'mostRecords', 'The most contacts of one kind and family that the kernel remembers.'],
  ['egress_missing', 'egress.missing', 'Fixed source addresses that are not on the host: nothing of their clients leaves.'],
  ['guarded', 'guarded', 'Whether the settings name a guard.'],
  ['enforced', 'enforced', 'Whether something is guarded, and the kernel is in step with the policy.'],
  ['obstructed', 'obstructed', 'Whether something is in the way of opening addresses; status says what.'],
  ['updater_peers', 'connections', 'Connections of resolvers.'],
]

const COUNTERS: typeof GAUGES = [
  ['opened_total', 'opened', 'Requests whose addresses were opened.'],
  ['commits_total', 'commits', 'Transactions with leases in them.'],
  ['commit_failures_total', 'commitFailures', 'Transactions that the kernel refused.'],
  ['slow_writes_total', 'slowWrites', 'Transactions of any kind for which the kernel took a quarter of a second or more.'],
  ['revoked_total', 'revoked', 'Leases that a change of policy took back.'],
  ['displaced_total', 'displaced', 'Leases that ended early, because their name had more addresses than it may.'],
  ['crowds_total', 'crowds', 'Times that a client was found with as many flows as it may have.'],
  ['ended_flows_total', 'endedFlows', 'Flows that were ended with them.'],
  ['missed_flow_ends_total', 'missedEnds', 'Times that more flows ended at once than could be counted.'],
  ['restores_total', 'restores', 'Times that the kernel had to be brought back into step.'],
  ['rejected_peers_total', 'rejectedPeers', 'Connections that were turned away or hung up on.'],
]

const CONTACT_VERDICTS = ['allow', 'audit', 'deny'] as const
const CONTACT_COUNTERS: typeof GAUGES = [
  ['contact_connections_total', 'connections', 'Flows begun by clients, by what became of them; deny: attempts that were refused.'],
  ['contact_packets_total', 'packets', 'Their packets, in both directions.'],
  ['contact_bytes_total', 'octets', 'Their octets.'],
]

export function updaterFamilies(figures: Figures): readonly Family[] {
  const families: readonly (Family | undefined)[] = [
    ...GAUGES.map(([name, key, help]) => gauge(name, help, samplesOf(figures, key))),
    ...COUNTERS.map(([name, key, help]) => counter(name, help, samplesOf(figures, key))),
    counter(
      'refused_requests_total',
      'Requests to open addresses that were refused, by reason.',
      REFUSAL_REASONS.flatMap((reason) => samplesOf(figures, `refused.${reason}`, { reason })),
    ),
    ...CONTACT_COUNTERS.map(([name, key, help]) =>
      counter(
        name,
        help,
        CONTACT_VERDICTS.flatMap((verdict) => samplesOf(figures, `contacts.${verdict}.${key}`, { verdict })),
      ),
    ),
    gauge(
      'listed_contacts',
      'Contacts that the kernel remembers: of client, address and port. What finds no room is neither listed nor recorded.',
      CONTACT_VERDICTS.flatMap((verdict) => samplesOf(figures, `contacts.${verdict}.listed`, { verdict })),
    ),
    commitHistogram(figures),
    ...clientFamilies(figures),
  ]
  return families.filter((family) => family !== undefined)
}

/** For clients with a name: whoever has none could be anybody. */
function clientFamilies(figures: Figures): readonly Family[] {
  const contacted = Object.entries(figures).flatMap(([key, figure]) =>
    key.startsWith(CONTACTED_BY) && Array.isArray(figure) ? [{ client: key.slice(CONTACTED_BY.length), total: clientTotalOf(figure) }] : [],
  )
  const leases = Object.entries(figures).flatMap(([key, value]) =>
    key.startsWith(LEASES_OF) && typeof value === 'number' ? [{ labels: { client: key.slice(LEASES_OF.length) }, value }] : [],
  )
  const each = (count: keyof ClientTotal) => contacted.map(({ client, total }) => ({ labels: { client }, value: total[count] }))
  return [
    gauge('client_leases', 'Names that are open at an address, by client.', leases),
    counter('client_refused_total', 'Attempts that were refused, by client.', each('refused')),
    counter('client_packets_total', 'Packets of flows that were let through, in both directions, by client.', each('packets')),
    counter('client_bytes_total', 'Their octets.', each('octets')),
  ]
}

function commitHistogram({ 'commit.counts': counts, 'commit.seconds': seconds }: Figures): Family | undefined {
  if (!Array.isArray(counts) || typeof seconds !== 'number') return undefined
  return histogram('commit_duration_seconds', 'How long the kernel took for transactions with leases.', [
    { labels: {}, latency: { counts, seconds } },
  ])
}

function samplesOf(figures: Figures, key: string, labels = {}): readonly Sample[] {
  const value = figures[key]
  return typeof value === 'number' ? [{ labels, value }] : []
}
