// What the resolver has counted, as metrics.

import type { Figures } from '../leases/protocol.ts'
import { listQueries, QUERY_VERDICTS } from '../resolver/counters.ts'
import type { UpstreamStatus } from '../upstream/upstream.ts'
import { counter, type Family, gauge, histogram, type Labels } from './family.ts'
import { partFigures } from './part-figures.ts'
import { partFamilies } from './part-metrics.ts'
import { publicLabels } from './server-label.ts'
import type { ResolverParts } from './status.ts'
import { updaterFamilies } from './updater-metrics.ts'

/** All metrics of both processes; without those of the updater while it cannot be asked. */
export function allFamilies(parts: ResolverParts, updater: Figures | undefined): readonly Family[] {
  return [
    ...partFamilies({ resolver: resolverFigures(parts), updater }),
    ...queryFamilies(parts),
    clientQueries(parts),
    ...upstreamFamilies(parts),
    ...leaseFamilies(parts),
    ...serverFamilies(parts),
    ...(updater === undefined ? [] : updaterFamilies(updater)),
  ]
}

function resolverFigures({ feed, journal }: ResolverParts): Figures {
  const { entries, reload, reloads } = feed.status()
  return {
    ...partFigures(journal),
    'policy.entries': entries,
    'reloads.loaded': reloads.loaded,
    'reloads.broken': reloads.broken,
    'reload.at': reload.at,
    'reload.loaded': Number(reload.outcome === 'loaded'),
  }
}

function queryFamilies({ resolver, feed, cacheOctets }: ResolverParts): readonly Family[] {
  const { counters } = resolver
  const { octets, cachedAnswers } = resolver.status()
  const queries = listQueries(counters).map(({ verdict, type, count }) => ({ labels: { verdict, type }, value: count }))
  return [
    counter('queries_total', 'Queries by verdict and type; audit: denied, but let through.', queries),
    gauge('policy_info', 'The revision of the policy that queries are judged by.', [
      { labels: { revision: feed.status().revision }, value: 1 },
    ]),
    counter('cache_hits_total', 'Queries for allowed names whose answer was in the cache.', counters.hits),
    counter('cache_misses_total', 'Queries for allowed names that upstream had to be asked for.', counters.misses),
    counter('pending_queries_total', 'Queries that had to wait for upstream, or for an address to be opened.', counters.pending),
    gauge('cache_answers', 'Answers in the cache.', cachedAnswers),
    gauge('cache_bytes', 'Octets that answers and verdicts take.', octets),
    gauge('cache_limit_bytes', 'The most that they may take.', cacheOctets),
    counter('refreshes_total', 'Answers asked for anew before their end, because they are in use.', counters.refreshed),
    counter('renewals_total', 'Names asked for anew because a client uses an address of theirs.', counters.renewed),
    counter('postponed_renewals_total', 'Names that were not, because too many of the client or of all wait.', counters.notRenewed),
    counter('over_budget_queries_total', 'Queries that wanted more of a wildcard than its budget has.', counters.overBudget),
    counter('stale_answers_total', 'Answers beyond their time, for want of a newer one.', counters.stale),
    counter('screened_addresses_total', 'Addresses taken out of answers: private, or never to be opened.', counters.screened),
    counter('over_budget_total', 'Queries beyond the budget of their wildcard, denied only where that is enforced.', counters.overBudget),
    counter('servfail_total', 'Replies with SERVFAIL.', counters.servfail),
    counter('rejected_queries_total', 'Malformed queries, and those of unknown opcode, class or EDNS version.', counters.rejected),
    counter('ignored_messages_total', 'Messages that are no queries.', counters.ignored),
  ]
}

function clientQueries({ queriesOf }: ResolverParts): Family {
  const samples = [...queriesOf.entries()].flatMap(([client, counts]) =>
    QUERY_VERDICTS.map((verdict) => ({ labels: { client, verdict }, value: counts[verdict] })),
  )
  return counter('client_queries_total', 'Queries by client, of those that have a name, and verdict.', samples)
}

function upstreamFamilies({ upstream, resolver }: ResolverParts): readonly Family[] {
  const { servers, inFlight } = upstream.status()
  const labels = publicLabels(servers.map(({ server }) => server))
  const labelsOf = ({ server, suffix }: UpstreamStatus['servers'][number]): Labels => {
    const label = { server: labels.get(server)! }
    // A server may be asked for everything and for a suffix, too.
    return suffix === '' ? label : { ...label, suffix }
  }
  const perServer = (name: string, help: string, count: (server: UpstreamStatus['servers'][number]) => number) =>
    counter(
      name,
      help,
      servers.map((server) => ({ labels: labelsOf(server), value: count(server) })),
    )
  return [
    counter('forwarded_total', 'Questions forwarded; identical ones share one exchange.', resolver.counters.forwarded),
    counter('forward_failures_total', 'Questions that no upstream had a usable answer to.', resolver.counters.forwardFailures),
    gauge('upstream_in_flight', 'Exchanges that wait for upstream.', inFlight),
    perServer('upstream_queries_total', 'Queries to each server, probes included.', ({ asked }) => asked),
    perServer('upstream_timeouts_total', 'Queries that it left unanswered.', ({ timeouts }) => timeouts),
    perServer('upstream_wrong_messages_total', 'Messages from its address that answered nothing we had asked.', ({ wrong }) => wrong),
    perServer('upstream_tcp_queries_total', 'Queries asked again over TCP.', ({ overTcp }) => overTcp),
    histogram(
      'upstream_duration_seconds',
      'How long it took to answer.',
      servers.map((server) => ({ labels: labelsOf(server), latency: server.latency })),
    ),
  ]
}

function leaseFamilies({ leases, resolver }: ResolverParts): readonly Family[] {
  const { waiting, unsent, failed } = leases.status()
  const failures = Object.entries(failed).map(([reason, value]) => ({ labels: { reason }, value }))
  return [
    gauge('open_requests_waiting', 'Requests to the updater without a reply yet.', waiting),
    counter('open_failures_total', 'Requests to the updater that opened nothing, by reason.', failures),
    counter('unsent_requests_total', 'Requests not sent, because the updater had stopped reading.', unsent),
    counter('withheld_answers_total', 'Answers held back because their addresses could not be opened.', resolver.counters.leaseFailures),
  ]
}

function serverFamilies({ server: { counters } }: ResolverParts): readonly Family[] {
  return [
    counter('received_queries_total', 'Queries received, by transport.', [
      { labels: { transport: 'udp' }, value: counters.udpQueries },
      { labels: { transport: 'tcp' }, value: counters.tcpQueries },
    ]),
    counter('udp_batches_total', 'Reads of whatever waited at a socket: queries by reads is the size of a batch.', counters.udpBatches),
    counter('tcp_connections_total', 'Connections of clients.', counters.tcpConnections),
    counter('refused_queries_total', 'Queries from sources that may not ask.', counters.refused),
    counter('overloaded_queries_total', 'Queries failed at once because too many were waiting.', counters.overloaded),
    counter('dropped_replies_total', 'Replies that a full send queue had no room for, and connections beyond the limit.', counters.dropped),
    counter('errors_total', 'Bugs, caught at the border.', counters.errors),
  ]
}
