// The unprivileged process: everything that hears clients and upstreams.

import type { Config } from '../config/config.ts'
import { parseName } from '../dns/name.ts'
import { recordDecisions } from '../journal/decisions.ts'
import type { Journal } from '../journal/writer.ts'
import { createLeaseHolder, createLeases, type NameInUse } from '../leases/leases.ts'
import { openRouteTable } from '../linux/route-table.ts'
import type { Logger } from '../log.ts'
import { parseAddress } from '../net/address.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { createPerClient } from '../policy/per-client.ts'
import type { Policy } from '../policy/policy.ts'
import { createAskers } from '../resolver/asker.ts'
import type { BudgetUse } from '../resolver/budget.ts'
import { createVerdictCounts } from '../resolver/counters.ts'
import { createResolver, type Resolver } from '../resolver/resolver.ts'
import { createServer, type Server } from '../server/server.ts'
import { createComplaints } from '../updater/complaint.ts'
import { createTranslators } from '../upstream/translator.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { ANSWERING, setPace } from '../zones/breath.ts'
import { createLoader } from '../zones/loader.ts'
import { createAdmission } from './admission.ts'
import { announceConnected, announceReady } from './announce.ts'
import { ControlError, startControl } from './control.ts'
import { guardLeases, prepareJournal } from './journal.ts'
import { createKeeper } from './keeper.ts'
import { openLedgerFile } from './ledger-file.ts'
import { startListener } from './listener.ts'
import { serveMetrics } from './metrics-listener.ts'
import { createObserver } from './observer.ts'
import { createOwnAddresses } from './own-address.ts'
import { statePaths } from './path.ts'
import { createPolicyFeed, loadFirstPolicy } from './policy-feed.ts'
import { policySettings } from './policy-settings.ts'
import { answerFirst } from './priority.ts'
import { allFamilies } from './resolver-metrics.ts'
import { capabilitiesToKeep, standingOf, takeStanding, uidOf } from './standing.ts'
import { prepareStateFolder } from './state-folder.ts'
import { resolverStatus } from './status.ts'
import { untilStopped } from './stop.ts'
import { upstreamOptions } from './upstream-options.ts'
import { createZoneReport } from './zone-report.ts'

/** From question to answer; also how long one waits for the kernel's word. */
const DEADLINE_MS = 2_000

/** Answers queries until the process is told to stop. Throws StartError if it cannot begin. `beside`: somebody's child, beside an updater. */
export async function runResolver(config: Config, log: Logger, beside?: { readonly journal: Journal | undefined }): Promise<void> {
  const standing = standingOf('resolver', config)
  const paths = statePaths(config.state)
  prepareStateFolder(paths.folder)
  // Begins as the time of day and never steps, so that no lease seems to last longer than the kernel keeps it.
  const { timeOrigin } = performance
  const now = () => timeOrigin + performance.now()

  const { lease, limits } = config.updater
  const journal = beside?.journal ?? prepareJournal('resolver', config, log)
  const settings = policySettings(config)
  const routes = openRouteTable()
  const load = createLoader(config.zones, settings, { joined: paths.clients, routes: routes.list })
  const report = createZoneReport(log, beside !== undefined)
  const first = await loadFirstPolicy(load, settings, report)
  const upstream = createUpstream({ ...upstreamOptions(config.resolver), ownEndpoints: [], log })
  const translators = createTranslators(upstream)
  const complain = createComplaints(log, now)
  const leases = createLeases({
    path: paths.leases,
    now,
    deadlineMs: DEADLINE_MS,
    onRevision: announce,
    onNext: (revision) => feed.nextAnnounced(revision),
    onState: (connected) => {
      if (connected) announceConnected()
      announce()
    },
    onTaken: complainOf,
    onDeadline: ({ client, name }) =>
      complain(`deadline ${client}`, { client, name }, 'the updater has not confirmed an address in time: whoever asked got SERVFAIL'),
    onInUse: renew,
  })
  const observer = createObserver({ log, upstream, journal, budget: config.resolver.budget, now })
  const spent = openLedgerFile(paths.ledger, uidOf(standing), log)
  const resolver = createResolver({
    policy: first.policy,
    upstream: translators,
    isOwnAddress: createOwnAddresses(),
    translated: translators.translated,
    leases: guardLeases(config, journal, leases),
    createLeaseHolder,
    // Under guard forward only sandboxes are confined; the gateway itself has no addresses to open anything for.
    needsLease: (client) => settings.guard !== 'forward' || client.addresses.length > 0,
    now,
    wallClock: () => Date.now(),
    observer,
    maxTtlSeconds: Math.min(config.resolver.maxTtlSeconds, limits.longestLeaseSeconds - lease.marginSeconds),
    leaseMarginSeconds: lease.marginSeconds,
    cacheOctets: config.resolver.cacheOctets,
    explain: config.resolver.explain,
    staleSeconds: config.resolver.staleSeconds,
    prefetch: config.resolver.prefetch,
    budget: config.resolver.budget,
    ledger: spent.ledger,
    deadlineMs: DEADLINE_MS,
  })
  const feed = createPolicyFeed(first, {
    folders: config.zones,
    load,
    confirmedRevision: () => leases.confirmedRevision,
    ready: leases.ready,
    onPolicy: (policy) => {
      decisions.flush()
      resolver.replacePolicy(policy)
      queriesOf.settle(namesOf(policy))
      notePolicy(policy)
    },
    report,
    log,
  })

  const decisions = recordDecisions({
    tallies: resolver.tallies,
    journal,
    revision: () => resolver.policy.revision,
  })
  notePolicy(first.policy)

  function notePolicy({ revision, ruleCount }: Policy): void {
    leases.answering(revision)
    journal.write({ event: 'policy', revision, entries: ruleCount })
  }

  let complainedOf: number | undefined

  function complainOf(pid: number): void {
    if (pid !== complainedOf)
      log.error(`another resolver, process ${pid}, is served at ${paths.leases}: no address is opened here until it stops`)
    complainedOf = pid
  }

  function renew(names: readonly NameInUse[]): void {
    for (const { client, name, family } of names) {
      const asker = clientOf(client)
      if (asker !== undefined) resolver.renew(asker, name, family)
    }
  }

  function announce(): void {
    feed.revisionAnnounced()
    resolver.revisionConfirmed()
  }

  const admission = createAdmission(config)
  const queriesOf = createPerClient(createVerdictCounts)
  queriesOf.settle(namesOf(first.policy))
  const clientOf = createAskers({ parse: parseAddress, policy: () => resolver.policy, admits: admission.admits, countsOf: queriesOf.of })
  const keeper = createKeeper(config.manager, log)
  const server = createServer({
    resolver,
    clientOf,
    onError: (error) => log.error({ error: error.message }, 'query failed'),
    batches: config.resolver.batching === 'auto',
    keeper: keeper.sockets,
  })
  const listener = await startListener(config, server, () => upstream.avoid(ownEndpoints(server)), log)
  keeper.discardRest()
  upstream.avoid(ownEndpoints(server))
  const parts = { server, resolver, queriesOf, upstream, leases, feed, journal, cacheOctets: config.resolver.cacheOctets }
  const control = await startControl(paths.resolverControl, {
    '/status': () => resolverStatus(parts),
    '/budget': (parameters) => budget(resolver, parameters),
  })
  const metrics = await serveMetrics(config, standing, async () => allFamilies(parts, await leases.figures()))
  answerFirst()
  takeStanding(standing, capabilitiesToKeep('resolver', config))
  leases.start()
  journal.start()
  spent.start()
  const listening = ownEndpoints(server).map(formatEndpoint)
  const upstreams = upstream.labels
  log.info({ listening, upstreams, revision: first.policy.revision }, 'resolver answers')
  setPace(ANSWERING)
  announceReady({ part: 'resolver', listening, upstreams, entries: first.policy.ruleCount }, config.manager, log)

  await untilStopped()
  listener.close()
  control.close()
  metrics?.close()
  await server.close()
  admission.close()
  await feed.close()
  routes.close()
  leases.close()
  upstream.close()
  decisions.close()
  observer.close()
  await spent.close()
  await journal.close()
}

function namesOf({ clients }: Policy): readonly string[] {
  return clients.map(({ name }) => name)
}

/** Link-local addresses, which carry a zone, are no endpoints to forward to anyway. */
function ownEndpoints(server: Server): Endpoint[] {
  return server.endpoints.flatMap(({ address, port }) => {
    const parsed = parseAddress(address)
    return parsed === undefined ? [] : [{ address: parsed, port }]
  })
}

/** Null: nothing is counted for that name. */
function budget(resolver: Resolver, parameters: URLSearchParams): BudgetUse | null {
  const source = parseAddress(parameters.get('source') ?? '')
  if (source === undefined) throw new ControlError(400, 'expected source=ADDRESS')
  return resolver.budgetOf(source, parseName(parameters.get('name') ?? '')) ?? null
}
