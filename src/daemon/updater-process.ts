// The privileged process. It hears the resolver and the control socket, and nothing else.

import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { contactRecord, createClientTotal, createContactTotals, recordContacts } from '../journal/contacts.ts'
import type { Journal } from '../journal/writer.ts'
import type { Logger } from '../log.ts'
import { parseAddress } from '../net/address.ts'
import { isClientName } from '../net/client-name.ts'
import type { Endpoint } from '../net/endpoint.ts'
import { createPerClient } from '../policy/per-client.ts'
import { MOST_RECORDS } from '../updater/describe.ts'
import { type Contact, type LeaseFilter, startUpdater, type Updater } from '../updater/updater.ts'
import { readSystemServers } from '../upstream/resolv-conf.ts'
import { GIVING_WAY, setPace } from '../zones/breath.ts'
import { announceReady } from './announce.ts'
import { backendOf } from './backend.ts'
import { clientCalls } from './client-calls.ts'
import { startControl } from './control.ts'
import { changePorts, prepareJournal, startNotary } from './journal.ts'
import { resolverPort } from './listen.ts'
import { clientFigures, contactFigures, partFigures } from './part-figures.ts'
import { statePaths } from './path.ts'
import { policySettings } from './policy-settings.ts'
import { capabilitiesToKeep, standingOf, takeStanding, uidOf } from './standing.ts'
import { prepareClientFolder, prepareStateFolder } from './state-folder.ts'
import { updaterStatus } from './status.ts'
import { untilStopped } from './stop.ts'

/** A quarter of a million flows take about as long. */
const LONGEST_COUNT_MS = 1000

/** Opens addresses until the process is told to stop; then a guard stays. Throws UpdaterStartError or StartError if it cannot begin. `beside`: somebody's child, beside a resolver. */
export async function runUpdater(config: Config, log: Logger, beside?: { readonly journal: Journal | undefined }): Promise<void> {
  const standing = standingOf('updater', config)
  const resolverUid = uidOf(standingOf('resolver', config))
  const paths = statePaths(config.state)
  prepareStateFolder(paths.folder)
  prepareClientFolder(paths.clients, uidOf(standing))
  const journal = beside?.journal ?? prepareJournal('updater', config, log)
  const backend = backendOf(config)
  const { table, guard, interfaces, mirror, inbound, snat, dhcp, echo, priorities, owner, lease, use, limits } = config.updater
  const totals = createContactTotals()
  const clientTotals = createPerClient(createClientTotal)
  const updater = await startUpdater({
    socketPath: paths.leases,
    peerUid: resolverUid,
    folders: config.zones,
    settings: policySettings(config),
    joined: paths.clients,
    firewall: {
      ...{ backend, table, guard, interfaces, mirror, inbound, snat, dhcp, echo, priorities },
      ownerFlag: owner,
      resolverPort: resolverPort(config),
      resolverUid,
      upstreams: upstreamsOf(config),
    },
    limits: { ...lease, ...limits, confirmedSeconds: use.confirmedSeconds },
    use,
    changes: changePorts(config, journal, toWallClock),
    figures: () => {
      clientTotals.settle(updater.clients.list().map(({ name }) => name))
      return { ...partFigures(journal), ...contactFigures(totals), ...clientFigures(clientTotals) }
    },
    log,
  })
  const contacts = recordContacts({
    read: updater.contacts,
    journal,
    revision: () => updater.revision,
    mostListed: MOST_RECORDS,
    totals,
    totalOf: (client) => (isClientName(client) ? clientTotals.of(client) : undefined),
    onRefused: (contact) => logRefused(contact, log),
    onFailure: (error) => log.warn({ reason: error.message }, 'cannot read what was contacted: trying again'),
  })
  /** Figures as of now, where that takes no longer than whoever asks waits. */
  async function count(): Promise<void> {
    await Promise.race([updater.lookAtFlows(), pause(LONGEST_COUNT_MS, undefined, { ref: false })])
    await contacts.look()
  }
  const control = await startControl(
    paths.updaterControl,
    {
      '/status': async (parameters) => {
        const filter = leaseFilter(parameters)
        if (filter.most > 0) await count()
        return updaterStatus({ updater, journal, contacts, totals }, filter)
      },
      '/contacts': async () => {
        await count()
        return Array.from(contacts.latest(), (contact) => contactRecord(contact, updater.revision))
      },
      '/refusals': (parameters) => refusals(updater, parameters.get('address') ?? ''),
      '/why': (parameters) => why(updater, parameters.get('address') ?? ''),
      '/clients': updater.clients.list,
    },
    { '/clients': clientCalls(updater.clients) },
  )
  takeStanding(standing, capabilitiesToKeep('updater', config))
  journal.start()
  const notary = startNotary(config, journal, resolverUid, log)
  log.info({ backend, guard }, 'updater takes requests')
  setPace(GIVING_WAY)
  announceReady({ part: 'updater', backend, guard, protection: updater.status().protection, table }, config.manager, log)

  await untilStopped()
  control.close()
  await updater.lookAtFlows()
  await contacts.close()
  await updater.close()
  await journal.close()
  await notary?.close()
}

/** What the resolver must be able to reach under `guard: output`: there encrypted upstreams have addresses too. */
function upstreamsOf({ resolver }: Config): Endpoint[] {
  return [...resolver.upstreams, ...resolver.suffixes.flatMap(({ upstreams }) => upstreams)].flatMap((spec) => {
    if (spec.kind === 'plain') return [spec.endpoint]
    if (spec.kind === 'system') return readSystemServers().servers
    return spec.address === undefined ? [] : [{ address: spec.address, port: spec.port }]
  })
}

function leaseFilter(parameters: URLSearchParams): LeaseFilter {
  const most = parameters.get('leases')
  return { client: parameters.get('client') ?? undefined, most: most === 'all' ? Number.POSITIVE_INFINITY : Number(most ?? 0) }
}

function logRefused({ client, address, protocol, port, names }: Contact, log: Logger): void {
  log.info({ client, address, ports: `${protocol}/${port}`, names }, 'refused a connection')
}

/** Who was refused what at an address, lately, and by which names it had it open before. */
async function refusals(updater: Updater, text: string) {
  const { contacts } = await updater.contacts()
  return contacts
    .filter(({ address, verdict }) => verdict === 'deny' && address === parseAddress(text))
    .map(({ client, protocol, port, packets, names, lastSeenAgoMs }) => ({
      ...{ client, ports: `${protocol}/${port}`, packets, names, lastSeenAgoSeconds: Math.round(lastSeenAgoMs / 1000) },
    }))
}

function why(updater: Updater, text: string) {
  const address = parseAddress(text)
  return address === undefined ? [] : updater.why(address)
}

/** Leases are counted on a clock that never steps. */
function toWallClock(lease: number): number {
  return lease - performance.timeOrigin - performance.now() + Date.now()
}
